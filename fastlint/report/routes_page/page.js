"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const el = (id) => document.getElementById(id);
  const narrow = window.matchMedia("(max-width: 800px)");
  const SVG = "http://www.w3.org/2000/svg";
  const RUNS = { "event loop": ["loop", "on the event loop"], threadpool: ["pool", "in the threadpool"] };
  const LEVELS = ["error", "warning", "info"];
  const MOST_ROWS = 150, MOST_FOUND = 400, MOST_TILES = 48, MOST_GROUPS = 60;

  // ---- building: texts are only ever text nodes and attributes of known names ----

  function made(node, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "on") for (const [event, run] of Object.entries(value)) node.addEventListener(event, run);
      else node.setAttribute(name, value === true ? "" : value);
    }
    for (const child of children.flat(Infinity)) if (child !== null && child !== undefined && child !== "") node.append(child);
    return node;
  }
  const h = (tag, attributes, ...children) => made(document.createElement(tag), attributes, children);
  const s = (tag, attributes, ...children) => made(document.createElementNS(SVG, tag), attributes, children);
  const icon = (name, cls, label) =>
    s("svg", { class: `icon ${cls || ""}`, role: label ? "img" : null, "aria-hidden": label ? null : "true" },
      label ? s("title", {}, label) : "", s("use", { href: `#i-${name}` }));
  const runsIcon = (runs) => (RUNS[runs] ? icon(RUNS[runs][0], RUNS[runs][0], RUNS[runs][1]) : "");
  const last = (name) => name.split(".").filter((part) => part !== "<locals>").pop();
  const amount = (routes) => {
    const mounts = routes.filter((route) => route.kind === "mount").length;
    return plural(routes.length - mounts, "route") + (mounts ? ` and ${plural(mounts, "mount")}` : "");
  };
  const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

  /** Text in which what stands between backticks is code. */
  const prose = (text) => text.split("`").map((part, index) => (index % 2 ? h("code", {}, part) : part));

  /** Text with what was searched for marked. */
  function marked(text) {
    const terms = state.filter.toLowerCase().split(/\s+/).filter(Boolean);
    const lower = text.toLowerCase(), found = [];
    for (const term of terms) {
      const at = lower.indexOf(term);
      if (at >= 0 && lower.length === text.length) found.push([at, at + term.length]);
    }
    found.sort((a, b) => a[0] - b[0]);
    const parts = [];
    let done = 0;
    for (const [start, end] of found) {
      if (start < done) continue;
      parts.push(text.slice(done, start), h("mark", {}, text.slice(start, end)));
      done = end;
    }
    return [...parts, text.slice(done)];
  }

  // ---- routes ----

  const verb = (route) => (route.kind === "http" ? route.methods[0] || "?" : route.kind.toUpperCase());
  const levelOf = (indexes) => LEVELS.find((level) => indexes.some((index) => data.findings[index].level === level));
  const several = new Set(data.routes.map((route) => route.application)).size > 1;
  const byId = new Map();
  for (const route of data.routes) {
    byId.set(route.id, route);
    route.found = route.findings.map((item) => item.finding);
    route.level = levelOf(route.found);
    const every = new Set(), stack = [...route.needs];
    while (stack.length) {
      const index = stack.pop();
      if (!every.has(index)) { every.add(index); stack.push(...data.dependencies[index].needs); }
    }
    route.every = [...every];
    route.text = [
      route.methods.join(" "), route.kind, route.path, route.application, route.runs, route.response_model, route.auth,
      route.endpoint ? [route.endpoint.qualname, `${route.endpoint.filename}:${route.endpoint.line}`] : "",
      route.every.map((index) => data.dependencies[index].name),
      route.parameters.map((one) => `${one.name} ${one.type || ""}`),
      route.found.map((index) => `${data.findings[index].code} ${data.findings[index].name} ${data.findings[index].level}`),
    ].flat(2).join("\n").toLowerCase();
  }

  // ---- state: all of it stands in the address, so that a link shows the same ----

  let state = { route: "", filter: "", method: [], runs: "", findings: false };
  function read() {
    const given = new URLSearchParams(location.hash.slice(1));
    state = {
      route: byId.has(given.get("route")) ? given.get("route") : "",
      filter: given.get("filter") || "",
      method: (given.get("method") || "").split(",").filter(Boolean),
      runs: given.get("runs") || "",
      findings: given.has("findings"),
    };
  }
  function address(changes) {
    const wanted = { ...state, ...changes };
    const parts = [];
    for (const name of ["route", "filter", "runs"]) if (wanted[name]) parts.push(`${name}=${encodeURIComponent(wanted[name])}`);
    if (wanted.method.length) parts.push(`method=${wanted.method.map(encodeURIComponent).join(",")}`);
    if (wanted.findings) parts.push("findings=1");
    return `#${parts.join("&")}`;
  }
  function go(changes, replace) {
    const target = address(changes);
    if (target === (location.hash || "#")) return;
    try {
      history[replace ? "replaceState" : "pushState"](null, "", target);
    } catch {  // a viewer that keeps pages from touching the history
      location.hash = target;
      return;
    }
    update();
  }
  const allowed = (route) =>
    state.filter.toLowerCase().split(/\s+/).every((term) => route.text.includes(term)) &&
    (!state.method.length || state.method.some((method) => route.methods.includes(method) || method === verb(route))) &&
    (!state.runs || (RUNS[route.runs] || [])[0] === state.runs) &&
    (!state.findings || route.found.length > 0);
  const filtering = () => state.filter.trim() || state.method.length || state.runs || state.findings;

  // ---- the tree ----

  const folder = (key, path, label, kind) => ({ key, path, label, kind, children: new Map(), routes: [], order: [] });
  function inside(parent, label, kind) {
    if (!parent.children.has(label)) {
      const child = folder(`${parent.key}${label}`, kind ? "" : parent.path + label, label, kind || "folder");
      parent.children.set(label, child);
      parent.order.push(child);
    }
    return parent.children.get(label);
  }
  function grown(routes) {
    const root = folder("", "", "", "root");
    for (const route of routes) {
      let node = root;
      if (several) node = inside(root, `${route.application} `, "app");
      if (route.path === null) node = inside(node, "path not known");
      else for (const part of route.path.split("/").slice(1)) node = inside(node, `/${part}`);
      node.routes.push(route);
    }
    settle(root);
    return root;
  }
  /** A folder with a single folder in it is one step; what it holds is counted. */
  function settle(node) {
    node.order.forEach(settle);
    node.all = [...node.routes, ...node.order.flatMap((child) => child.all)];
    while (node.kind === "folder" && !node.routes.length && node.order.length === 1 && node.order[0].kind === "folder") {
      const [only] = node.order;
      Object.assign(node, { key: only.key, path: only.path, label: node.label + only.label, routes: only.routes, order: only.order, children: only.children });
    }
  }
  const toggled = new Map();
  let rows = [];
  /** The folders that stand open: those of few routes all, of many as many as give a list that can be read. */
  function opened(root, most) {
    const open = new Set(), queue = [root];
    let count = 0;
    for (const node of queue) {
      if (node.kind === "folder" && count + node.order.length + node.routes.length > most) continue;
      count += node.order.length + node.routes.length;
      open.add(node.key);
      queue.push(...node.order);
    }
    return open;
  }

  function flat(node, depth, from, into, open) {
    for (const route of node.routes) into.push({ route, depth, from, label: "" });
    for (const child of node.order) {
      if (child.kind === "folder" && !child.order.length && (child.routes.length === 1 || node.kind === "folder")) {
        for (const route of child.routes) into.push({ route, depth, from, label: child.label });
        continue;
      }
      const shown = toggled.has(child.key) ? toggled.get(child.key) : open.has(child.key) || child.all.some((route) => route.id === state.route);
      into.push({ node: child, depth, open: shown });
      if (shown) flat(child, depth + 1, child.kind === "app" ? "" : child.label, into, open);
    }
  }
  function marks(routes) {
    const found = new Set(routes.flatMap((route) => route.found));
    return LEVELS.map((level) => [level, [...found].filter((index) => data.findings[index].level === level).length])
      .filter(([, count]) => count)
      .map(([level, count]) => h("span", { class: `marks ${level}`, title: plural(count, level === "info" ? "note" : level) }, icon(level, level), String(count)));
  }
  function drawn(item, index) {
    const at = { class: "row", role: "treeitem", tabindex: "-1", "aria-level": item.depth + 1, "data-index": index };
    let row;
    if (item.node) {
      const { node } = item;
      at.class += node.kind === "app" ? " app" : " folder";
      at["aria-expanded"] = String(item.open);
      at["data-folder"] = node.key.trim();
      row = h("div", at,
        s("svg", { class: "twist", viewBox: "0 0 12 12", "aria-hidden": "true" }, s("path", { d: "M4 2l4 4-4 4", fill: "none", stroke: "currentColor", "stroke-width": "1.7" })),
        h("span", { class: "label", title: node.label }, marked(node.label)),
        h("span", { class: "end" }, item.open ? "" : marks(node.all), h("span", {}, plural(node.all.length, "route"))));
    } else {
      const { route } = item;
      at["aria-selected"] = String(route.id === state.route);
      at["data-route"] = route.id;
      const more = route.methods.length > 1 ? `+${route.methods.length - 1}` : "";
      row = h("div", at,
        h("span", { class: `method ${verb(route)}`, title: route.methods.join(", ") }, verb(route).slice(0, 7).replace("WEBSOCK", "WS") + more),
        h("span", { class: "label", title: route.path === null ? "?" : route.path },
          item.label ? h("span", { class: "from" }, item.from) : item.from, item.label ? marked(item.label) : item.from ? "" : route.path === null ? "?" : route.path || "\"\""),
        h("span", { class: "end" }, route.auth.length ? icon("lock", "", `guarded by ${route.auth.join(", ")}`) : "", marks([route]), runsIcon(route.runs)));
    }
    row.style.setProperty("--depth", item.depth);
    return row;
  }
  function drawTree() {
    const shown = data.routes.filter(allowed);
    const root = grown(shown);
    rows = [];
    flat(root, 0, "", rows, opened(root, filtering() ? MOST_FOUND : MOST_ROWS));
    const nodes = rows.map(drawn);
    if (!nodes.length) nodes.push(h("p", { class: "none" }, data.routes.length ? "No route matches." : "No routes found."));
    el("tree").replaceChildren(...nodes);
    const current = rows.findIndex((item) => item.route && item.route.id === state.route);
    const first = el("tree").children[Math.max(0, current)];
    if (rows.length) first.setAttribute("tabindex", "0");
    el("count").textContent = filtering()
      ? `${shown.length} of ${amount(data.routes)}` : amount(data.routes);
  }
  function focusRow(index) {
    const row = el("tree").children[Math.max(0, Math.min(rows.length - 1, index))];
    if (!row) return;
    for (const other of el("tree").querySelectorAll("[tabindex='0']")) other.setAttribute("tabindex", "-1");
    row.setAttribute("tabindex", "0");
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }
  function toggle(item, open) {
    toggled.set(item.node.key, open);
    drawTree();
    focusRow(rows.findIndex((other) => other.node && other.node.key === item.node.key));
  }
  function act(item) {
    if (item.node) toggle(item, !item.open);
    else go({ route: item.route.id });
  }
  el("tree").addEventListener("click", (event) => {
    const row = event.target.closest(".row");
    if (row) act(rows[Number(row.dataset.index)]);
  });
  el("tree").addEventListener("keydown", (event) => {
    const row = event.target.closest(".row");
    if (!row || event.altKey || event.ctrlKey || event.metaKey) return;
    const index = Number(row.dataset.index), item = rows[index];
    const outer = rows.slice(0, index).map((other) => other.depth).lastIndexOf(item.depth - 1);
    const keys = {
      ArrowDown: () => focusRow(index + 1),
      ArrowUp: () => focusRow(index - 1),
      Home: () => focusRow(0),
      End: () => focusRow(rows.length - 1),
      ArrowRight: () => (item.node && !item.open ? toggle(item, true) : focusRow(index + 1)),
      ArrowLeft: () => (item.node && item.open ? toggle(item, false) : outer >= 0 && focusRow(outer)),
      Enter: () => { act(item); if (item.route) el("detail").focus(); },
      " ": () => act(item),
    };
    if (keys[event.key]) { event.preventDefault(); keys[event.key](); }
  });

  // ---- a graph of what runs ----

  const canvas = document.createElement("canvas").getContext("2d");
  const mono = getComputedStyle(document.documentElement).getPropertyValue("--mono");
  function size(text, pixels) {
    canvas.font = `${pixels}px ${mono}`;
    return canvas.measureText(text).width;
  }
  function cut(text, pixels, room) {
    if (size(text, pixels) <= room) return text;
    let short = text;
    while (short.length > 3 && size(`${short}…`, pixels) > room) short = short.slice(0, -1);
    return `${short}…`;
  }
  function boxes(route) {
    const nodes = route.every.map((index) => {
      const one = data.dependencies[index];
      const here = (place) => place.filename === one.filename && place.line >= one.line && place.line <= one.end_line;
      const touched = route.findings.filter((item) => here(data.findings[item.finding])).map((item) => item.finding);
      return {
        key: index, name: one.name ? last(one.name) : "not known", full: one.name || "", needs: one.needs, runs: one.runs,
        sub: one.filename ? `${one.filename.split("/").pop()}:${one.line}` : one.scheme ? "security scheme" : one.name ? "outside the project" : "",
        lock: one.scheme, level: levelOf(touched), href: one.name ? address({ filter: last(one.name), route: narrow.matches ? "" : state.route }) : null,
      };
    });
    const { endpoint } = route;
    nodes.push({
      key: "handler", name: endpoint ? last(endpoint.qualname) : "handler not known", needs: route.needs, runs: route.runs, handler: true,
      full: endpoint ? endpoint.qualname : "", sub: endpoint ? `${endpoint.filename.split("/").pop()}:${endpoint.line}` : "", level: null,
    });
    if (route.response_model || route.status_code)
      nodes.push({ key: "answer", name: route.response_model || "answer", full: "response", sub: `answer ${route.status_code || ""}`.trim(), needs: ["handler"], answer: true });
    return nodes;
  }
  function box(node, x, y, width, again) {
    const kind = (RUNS[node.runs] || ["none"])[0];
    const plain = node.answer;
    const left = x + (plain ? 12 : 32), room = width - (plain ? 22 : 42) - (node.lock ? 18 : 0);
    const parts = [
      s("title", {}, [node.full || node.name, RUNS[node.runs] ? RUNS[node.runs][1] : "", node.sub].filter(Boolean).join("\n")),
      s("rect", { x, y, width, height: 44, rx: 8 }),
      plain ? "" : s("use", { class: "run", href: kind === "none" ? null : `#i-${kind}`, x: x + 11, y: y + 15, width: 14, height: 14 }),
      s("text", { x: left, y: y + 19 }, cut(node.name, 13, room)),
      s("text", { class: "sub", x: left, y: y + 34 }, cut(again ? "as above" : node.sub, 11, room + (node.lock ? 18 : 0))),
      node.lock ? s("use", { class: "lock", href: "#i-lock", x: x + width - 22, y: y + 8, width: 13, height: 13 }) : "",
      node.level ? s("use", { class: node.level, href: `#i-${node.level}`, x: x + width - 8, y: y - 6, width: 15, height: 15 }) : "",
    ];
    const cls = `${node.handler ? "handler " : ""}${again ? "again " : ""}runs-${plain ? "answer" : kind}`;
    return node.href ? s("a", { class: cls, href: node.href, "aria-label": `${node.name}: routes that need it` }, parts) : s("g", { class: cls }, parts);
  }
  const boxWidth = (node, most) => Math.min(most, Math.max(size(node.name, 13) + (node.lock ? 18 : 0), size(node.sub, 11)) + (node.answer ? 26 : 46));
  const arrow = (x, y) => s("path", { class: "tip", d: `M${x} ${y}l-6 -3.6v7.2z` });

  function graph(route, available) {
    return [[230, 40], [150, 26]].map(([most, gap]) => acrossIn(route, available, most, gap)).find(Boolean) || downwards(boxes(route), available);
  }
  /** The graph from left to right, where it fits; each box at most so wide. */
  function acrossIn(route, available, most, gap) {
    const nodes = boxes(route), byKey = new Map(nodes.map((node) => [node.key, node]));
    const end = byKey.get("answer") || byKey.get("handler");
    const far = new Map();
    const deepen = (node, depth) => {
      if (far.has(node.key) && far.get(node.key) >= depth) return;
      far.set(node.key, depth);
      for (const key of node.needs) deepen(byKey.get(key), depth + 1);
    };
    deepen(end, 0);
    // a column for each depth; an edge that goes past a column keeps a lane free in it
    const columns = Array.from({ length: Math.max(...far.values()) + 1 }, () => []), edges = [];
    const slot = (key, node, depth) => { const made = { key, node, feeds: [], width: node ? boxWidth(node, most) : 0, height: node ? 44 : 6 }; columns[depth].push(made); return made; };
    const slots = new Map(), queue = [end.key], met = new Set(queue);
    for (const key of queue) {
      slots.set(key, slot(key, byKey.get(key), far.get(key)));
      for (const inner of byKey.get(key).needs) if (!met.has(inner)) { met.add(inner); queue.push(inner); }
    }
    for (const node of nodes) for (const inner of node.needs) {
      const way = [slots.get(node.key)];
      for (let depth = far.get(node.key) + 1; depth < far.get(inner); depth++) way.push(slot(null, null, depth));
      way.push(slots.get(inner));
      for (let index = 1; index < way.length; index++) way[index].feeds.push(way[index - 1]);
      edges.push(way.reverse());
    }
    const widths = columns.map((column) => Math.max(...column.map((one) => one.width)));
    const total = widths.reduce((sum, width) => sum + width, 0) + gap * (columns.length - 1) + 12;
    return total <= available ? across(columns, widths, edges, total, gap) : null;
  }
  function across(columns, widths, edges, total, gap) {
    const tall = (column) => column.reduce((sum, one) => sum + one.height + 16, -16);
    const height = Math.max(...columns.map(tall));
    let x = total - 10;
    columns.forEach((column, depth) => {
      x -= widths[depth];
      const wanted = (one) => (one.feeds.length ? one.feeds.reduce((sum, other) => sum + other.middle, 0) / one.feeds.length : 0);
      column.sort((one, other) => wanted(one) - wanted(other));
      let y = 9 + (height - tall(column)) / 2;
      for (const one of column) {
        Object.assign(one, { x, y, right: x + widths[depth], middle: y + one.height / 2 });
        y += one.height + 16;
      }
      x -= gap;
    });
    const lines = edges.flatMap((way) => {
      let path = `M${way[0].right} ${way[0].middle}`;
      way.slice(1).forEach((to, index) => {
        const from = way[index], tip = index === way.length - 2 ? 5 : 0, bend = (to.x - from.right) / 2;
        path += `C${from.right + bend} ${from.middle} ${to.x - bend} ${to.middle} ${to.x - tip} ${to.middle}`;
        if (!tip) path += `H${to.right}`;
      });
      const last = way[way.length - 1];
      return [s("path", { class: "edge", d: path }), arrow(last.x - 1, last.middle)];
    });
    const drawn = columns.flat().filter((one) => one.node).map((one) => box(one.node, one.x, one.y, one.right - one.x));
    return s("svg", { width: total, height: height + 18, role: "group", "aria-label": "What runs, from left to right" }, lines, drawn);
  }
  function downwards(nodes, available) {
    const byKey = new Map(nodes.map((node) => [node.key, node])), parts = [], edges = [], seen = new Set();
    let y = 8, widest = 0;
    const put = (node, depth, from) => {
      const again = seen.has(node.key) && node.needs.length > 0, x = 1 + depth * 22, top = y;
      seen.add(node.key);
      const width = boxWidth(node, Math.max(150, available - x - 12));
      widest = Math.max(widest, x + width);
      if (from !== null) edges.push(s("path", { class: "edge", d: `M${x - 11} ${from}V${top + 16}q0 6 6 6h4` }));
      parts.push(box(node, x, top, width, again));
      y += 54;
      if (!again) for (const key of node.needs) put(byKey.get(key), depth + 1, top + 44);
    };
    put(byKey.get("handler"), 0, null);
    return s("svg", { width: widest + 12, height: y, role: "group", "aria-label": "What runs, each above what it needs" }, edges, parts);
  }

  // ---- findings ----

  const where = (place) => `${place.filename}:${place.line}`;
  function chain(steps) {
    return h("ol", { class: "chain", "aria-label": "From the route to the call" }, steps.map((step) => {
      const kind = step.kind === "route" ? "first" : step.kind === "blocking" ? "blocking" : "";
      const last = step.kind === "blocking";
      return h("li", { class: kind },
        h("span", { class: "dot" }, icon({ route: "route", blocking: "stop" }[step.kind] || "loop")),
        h("span", { class: "name" }, step.name),
        last ? h("span", { class: "verb" }, "blocks: nothing else is served meanwhile") : "",
        last ? "" : h("span", { class: "where mono" }, where(step)),
        last || !step.code ? "" : h("code", { class: "line" }, step.code));
    }));
  }
  /** The message without the chain in words, where the chain is drawn below it. */
  function brief(message) {
    const whole = /^(.*?): '.* -> [^()]*?(?: (\([^()]*\)))?$/.exec(message);
    return whole ? [whole[1], whole[2]].filter(Boolean).join(" ") : message;
  }
  function finding(one, steps) {
    return h("section", { class: `finding ${one.level}`, "data-code": one.code },
      h("header", {}, icon(one.level, one.level, one.level), one.url && /^https?:/.test(one.url)
        ? h("a", { href: one.url, rel: "noopener noreferrer" }, one.code) : h("b", {}, one.code), h("span", { class: "dim" }, one.name),
        h("span", { class: `badge ${one.level}` }, one.level === "info" ? "note" : one.level)),
      h("p", { title: one.message }, prose(steps && steps.length ? brief(one.message) : one.message)),
      steps && steps.length ? chain(steps) : [
        h("p", { class: "place mono" }, where(one)),
        one.code_line ? h("code", { class: "line" }, one.code_line) : "",
        one.related.length ? h("ol", { class: "steps" }, one.related.map((place) =>
          h("li", {}, prose(place.message), " ", h("span", { class: "dim mono" }, where(place)), place.code ? h("code", { class: "line" }, place.code) : ""))) : "",
      ]);
  }

  // ---- the selected route ----

  function pathParts(path) {
    if (path === null) return "path not known";
    return path.split(/(\{[^}]*\})/).map((part) => (part.startsWith("{") ? h("span", { class: "hole" }, part) : part));
  }
  function parameters(route) {
    if (!route.parameters.length) return h("p", { class: "dim" }, "Nothing but the request itself.");
    return h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, ["Name", "In", "Type", "Required", "Asked by"].map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, route.parameters.map((one) => h("tr", {},
        h("td", {}, h("code", {}, one.name)), h("td", {}, h("span", { class: "in" }, one.in)),
        h("td", {}, one.type ? h("code", {}, one.type) : h("span", { class: "warning" }, "no type")),
        h("td", { class: "dim" }, one.required ? "yes" : "no"),
        h("td", { class: "dim" }, one.own ? "the handler" : h("code", {}, last(one.owner))))))));
  }
  function drawRoute(route) {
    const runs = RUNS[route.runs];
    const facts = [
      runs ? h("li", { class: runs[0] }, icon(runs[0]), runs[1]) : route.kind === "mount" ? h("li", {}, "another application") : h("li", {}, "not known where it runs"),
      route.response_model || route.status_code ? h("li", {}, "answers ", h("span", { class: "mono" }, [route.status_code, route.response_model].filter(Boolean).join(" "))) : route.kind === "http" ? h("li", {}, "no response model") : "",
      route.auth.map((name) => h("li", {}, icon("lock"), last(name))),
      route.hidden ? h("li", {}, "not in the OpenAPI document") : "",
      route.conditional ? h("li", {}, "registered under a condition") : "",
      several ? h("li", {}, "of ", h("span", { class: "mono" }, route.application)) : "",
    ];
    const picture = h("div", { class: "graph" });
    const detail = el("detail");
    detail.replaceChildren(...[
      h("a", { id: "back", href: address({ route: "" }) }, "← All routes"),
      h("h2", {}, h("span", { class: `method ${verb(route)}` }, route.methods.join(" ") || verb(route)), pathParts(route.path)),
      route.about ? h("p", { class: "about" }, route.about) : "",
      route.endpoint ? h("p", { class: "place mono" }, `${route.endpoint.qualname}  ${where(route.endpoint)}`) : "",
      h("ul", { class: "facts" }, facts),
      route.kind === "mount" ? [] : [
        h("section", { id: "runs" }, h("h3", {}, "What runs"), picture, h("p", { class: "legend" }, h("span", {}, icon("loop", "loop"), "on the event loop"), h("span", {}, icon("pool", "pool"), "in the threadpool"),
          route.every.some((index) => data.dependencies[index].scheme) ? h("span", {}, icon("lock"), "security scheme") : "",
          route.every.length ? h("span", {}, "click a dependency for all routes that need it") : h("span", {}, "it needs no dependency"))),
        route.findings.length ? [h("h3", { id: "found" }, plural(route.findings.length, "finding")), route.findings.map((item) => finding(data.findings[item.finding], item.chain))] : "",
        h("h3", { id: "takes" }, "What it takes"), parameters(route),
      ],
    ].flat(Infinity).filter((node) => node !== ""));
    if (route.kind !== "mount") {
      const drawing = graph(route, Math.max(240, picture.clientWidth - 8));
      picture.append(drawing);
      // a tall picture would push what was found out of sight
      if (Number(drawing.getAttribute("height")) > 420 && route.findings.length) el("takes").before(el("runs"));
    }
    detail.scrollTop = 0;
  }

  // ---- all of it at a glance ----

  function tiles(routes) {
    const step = 20, across = Math.min(routes.length, routes.length > 60 ? 24 : 12);
    const shapes = routes.map((route, index) => {
      const x = (index % across) * step + 2, y = Math.floor(index / across) * step + 2;
      const cls = `tile ${route.level || ""}`;
      const shape = route.runs === "event loop" ? s("circle", { class: cls, cx: x + 8, cy: y + 8, r: 7.5 }) : s("rect", { class: cls, x: x + 1, y: y + 1, width: 14, height: 14, rx: 2.5 });
      const title = [`${verb(route)} ${route.path}`, route.runs || "", route.found.length ? plural(route.found.length, "finding") : ""].filter(Boolean).join(" · ");
      return s("a", { href: address({ route: route.id }), tabindex: "-1" }, s("title", {}, title), shape);
    });
    return s("svg", { width: across * step + 2, height: Math.ceil(routes.length / across) * step + 2, "aria-hidden": "true" }, shapes);
  }
  /** The folders below one, the largest taken apart until each is a block to look at. */
  function groups(root) {
    const alone = (node) => ({ path: node.path, all: node.routes, order: [] });
    let found = [root];
    for (;;) {
      const large = found.find((node) => node === root || (node.order.length && node.all.length > MOST_TILES));
      if (!large || found.length + large.order.length > MOST_GROUPS) break;
      const parts = [...(large.routes && large.routes.length ? [alone(large)] : []), ...large.order];
      found = found.flatMap((node) => (node === large ? parts : [node]));
    }
    return found;
  }
  function drawOverview() {
    const shown = data.routes.filter(allowed), root = grown(shown);
    const map = (several ? root.order : [root]).map((app) => [
      several ? h("h5", { class: "mono" }, app.label) : "",
      groups(app).map((group) => h("section", {},
        h("h4", {}, h("a", { href: address({ filter: group.path }) }, group.path || "/"), h("span", { class: "dim" }, ` ${group.all.length}`)), tiles(group.all))),
    ]);
    const rules = new Map();
    for (const route of shown)
      for (const index of new Set(route.found)) {
        const one = data.findings[index];
        if (!rules.has(one.code)) rules.set(one.code, { one, routes: new Set(), level: one.level });
        const rule = rules.get(one.code);
        rule.routes.add(route);
        if (LEVELS.indexOf(one.level) < LEVELS.indexOf(rule.level)) rule.level = one.level;
      }
    const sorted = [...rules.values()].sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level) || b.routes.size - a.routes.size);
    const most = Math.max(1, ...sorted.map((rule) => rule.routes.size));
    el("detail").replaceChildren(...[
      h("h2", {}, filtering() ? `${shown.length} of ${amount(data.routes)}` : amount(data.routes)),
      h("p", { class: "about dim" }, "Each shape is a route. Choose one here or in the tree."),
      h("p", { class: "legend" }, h("span", {}, "● on the event loop"), h("span", {}, "■ in the threadpool"),
        LEVELS.map((level) => h("span", {}, icon(level, level), level === "info" ? "note" : level)), h("span", {}, "grey: nothing found")),
      h("h3", {}, "Map"), h("div", { class: "map" }, map),
      h("h3", {}, "Findings on routes"),
      sorted.length ? h("ul", { class: "rules" }, sorted.map((rule) => h("li", {}, icon(rule.level, rule.level, rule.level),
        h("a", { href: address({ filter: rule.one.code }) }, h("b", { class: "mono" }, rule.one.code), ` ${rule.one.name}`),
        h("span", { class: `bar ${rule.level}` }, s("svg", { viewBox: "0 0 100 8", preserveAspectRatio: "none", "aria-hidden": "true" }, s("rect", { width: (100 * rule.routes.size) / most, height: 8, fill: "currentColor" }))),
        h("span", { class: "many" }, plural(rule.routes.size, "route"))))) : h("p", { class: "good" }, "Nothing was found on these routes."),
      data.elsewhere.length && !filtering() ? [h("h3", {}, "Not on a single route"), data.elsewhere.map((index) => finding(data.findings[index], null))] : "",
    ].flat(Infinity).filter((node) => node !== ""));
  }

  // ---- all together ----

  function drawChips() {
    const present = [...new Set(data.routes.flatMap((route) => (route.kind === "http" ? route.methods : [verb(route)])))];
    const usual = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    present.sort((a, b) => (usual.indexOf(a) + 1 || 9) - (usual.indexOf(b) + 1 || 9));
    const chip = (label, pressed, changes, more) => h("button", { type: "button", class: "chip", "aria-pressed": String(pressed), on: { click: () => go(changes, true) } }, more || "", label);
    el("chips").replaceChildren(
      chip("Findings only", state.findings, { findings: !state.findings }),
      ...present.map((method) => chip(method, state.method.includes(method),
        { method: state.method.includes(method) ? state.method.filter((one) => one !== method) : [...state.method, method] })),
      ...Object.entries(RUNS).filter(([runs]) => data.routes.some((route) => route.runs === runs)).map(([runs, [key]]) =>
        chip(runs, state.runs === key, { runs: state.runs === key ? "" : key }, icon(key, key))));
  }
  let known = null;
  function update() {
    const pressed = document.activeElement && document.activeElement.classList.contains("chip") ? [...el("chips").children].indexOf(document.activeElement) : -1;
    const focused = document.activeElement && document.activeElement.closest("#tree") ? document.activeElement.dataset : null;
    const back = known && known.route && narrow.matches ? known.scroll : null;
    const scroll = window.scrollY;
    read();
    if (el("filter").value !== state.filter) el("filter").value = state.filter;
    drawChips();
    if (pressed >= 0) el("chips").children[pressed].focus();
    drawTree();
    document.body.classList.toggle("chosen", Boolean(state.route));
    const route = byId.get(state.route);
    if (route) drawRoute(route);
    else drawOverview();
    document.title = route ? `${verb(route)} ${route.path} · ${data.name}` : `${data.name}: routes`;
    if (focused && focused.route) focusRow(rows.findIndex((item) => item.route && item.route.id === focused.route));
    else if (state.route && (!known || known.route !== state.route)) {
      const row = el("tree").querySelector("[aria-selected=true]");
      if (row) row.scrollIntoView({ block: "nearest" });
    }
    if (route && (!known || known.route !== state.route)) window.scrollTo(0, 0);
    else if (!route && back !== null) window.scrollTo(0, back);
    known = { route: state.route, scroll: route && known && known.route ? known.scroll : scroll };
  }
  el("filter").addEventListener("input", () => go({ filter: el("filter").value }, true));
  el("filter").addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") { event.preventDefault(); focusRow(0); }
    if (event.key === "Escape" && el("filter").value) { event.preventDefault(); go({ filter: "" }, true); }
  });
  el("filters").addEventListener("submit", (event) => { event.preventDefault(); focusRow(0); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== el("filter") && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      el("filter").focus();
    }
  });
  window.addEventListener("popstate", update);
  window.addEventListener("hashchange", update);
  let width = window.innerWidth, waiting = 0;
  window.addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => { if (window.innerWidth !== width) { width = window.innerWidth; update(); } }, 150);
  });

  const counted = (level) => data.findings.filter((one) => one.level === level).length;
  el("summary").replaceChildren(
    h("span", {}, amount(data.routes)),
    ...Object.entries(RUNS).map(([runs, [key, words]]) => h("span", {}, icon(key, key), `${data.routes.filter((route) => route.runs === runs).length} ${words}`)),
    ...LEVELS.filter(counted).map((level) => h("span", { class: level }, icon(level, level), plural(counted(level), level === "info" ? "note" : level))),
    h("span", {}, `fastlint ${data.version}`));
  update();
})();
