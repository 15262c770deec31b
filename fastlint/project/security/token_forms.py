"""The forms of known tokens: texts that say by themselves that they are secrets."""

from __future__ import annotations

import re
from functools import lru_cache

from fastlint.project.security.secrets import LEAST_ENTROPY, LONGEST, entropy, is_placeholder, is_row, named

SHORTEST_FORM = 20
"""No form is shorter."""
FORMS = (
    ("an Anthropic key", r"sk-ant-[A-Za-z0-9_-]{16,250}"),
    ("an OpenRouter key", r"sk-or-[A-Za-z0-9_-]{16,250}"),
    ("an OpenAI key", r"sk-(?:proj-|svcacct-|admin-)?[A-Za-z0-9_-]{16,250}"),
    ("a GitHub token", r"(?:gh[pousr]_|github_pat_)[A-Za-z0-9_]{16,250}"),
    ("a GitLab token", r"gl(?:pat|ptt|dt|rt|cbt)-[A-Za-z0-9_.-]{16,100}"),
    ("a Slack token", r"xox[abeoprs]-[A-Za-z0-9-]{16,250}|xapp-[0-9]-[A-Za-z0-9-]{16,250}"),
    ("an AWS key", r"(?:AKIA|ASIA)[A-Z0-9]{16}"),
    ("a Google key", r"AIza[A-Za-z0-9_-]{35}"),
    ("a Google secret", r"GOCSPX-[A-Za-z0-9_-]{28}"),
    ("a Stripe key", r"[sr]k_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/=]{24,100}"),
    ("a SendGrid key", r"SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}"),
    ("a Mailgun key", r"key-[0-9a-f]{32}"),
    ("a Mailchimp key", r"[0-9a-f]{32}-us[0-9]{1,2}"),
    ("a Twilio key", r"SK[0-9a-f]{32}"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{24,64}"),
    ("a Groq key", r"gsk_[A-Za-z0-9]{40,64}"),
    ("an xAI key", r"xai-[A-Za-z0-9]{60,100}"),
    ("a Replicate token", r"r8_[A-Za-z0-9]{32,64}"),
    ("a Perplexity key", r"pplx-[A-Za-z0-9]{32,64}"),
    ("an NVIDIA key", r"nvapi-[A-Za-z0-9_-]{40,100}"),
    ("a LangSmith key", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    ("a Pinecone key", r"pcsk_[A-Za-z0-9_]{40,100}"),
    ("a Tavily key", r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{24,64}"),
    ("a Databricks token", r"dapi[0-9a-f]{32}(?:-[0-9])?"),
    ("a DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}"),
    ("a Vault token", r"hv[sbr]\.[A-Za-z0-9_-]{24,200}"),
    ("a Grafana token", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/=]{32,400}"),
    ("a New Relic key", r"NRAK-[A-Z0-9]{27}"),
    ("a Sentry token", r"sntry[su]_[A-Za-z0-9+/=_-]{32,400}"),
    ("a Linear key", r"lin_api_[A-Za-z0-9]{40}"),
    ("a Notion token", r"ntn_[A-Za-z0-9]{40,60}|secret_[A-Za-z0-9]{43}"),
    ("a Shopify token", r"shp(?:at|ca|pa|ss)_[0-9a-f]{32}"),
    ("a Square token", r"sq0(?:atp|csp)-[A-Za-z0-9_-]{22,50}"),
    ("a Telegram bot token", r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("a package registry token", r"(?:npm_|pypi-)[A-Za-z0-9_-]{24,250}"),
    ("an age key", r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
    ("a signed token", r"eyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{16,1000}"),
    ("a Slack webhook", r"https://hooks\.slack\.com/services/T[A-Z0-9]{8,12}/B[A-Z0-9]{8,12}/[A-Za-z0-9]{24}"),
    (
        "a Discord webhook",
        r"https://(?:canary\.|ptb\.)?discord(?:app)?\.com/api/webhooks/[0-9]{17,20}/[A-Za-z0-9_-]{60,80}",
    ),
)
PRIVATE_KEY = re.compile(r"-----BEGIN (?:[A-Z]{1,20} ){0,3}PRIVATE KEY-----[\s\\rn]{1,8}([A-Za-z0-9+/=]{20})")
STORAGE_KEY = re.compile(r"(?:^|;)(?:AccountKey|SharedAccessKey)=([A-Za-z0-9+/]{40,100}={0,2})(?:;|$)")
TEST_MODE = re.compile(r"^[sr]k_test_")
"""Keys to a trial of a service open that, and say so themselves; `test` elsewhere is said by who made the text up."""
SCHEME = re.compile(r"(?:Bearer|Basic|Token|token|ApiKey)[ ]+(?=\S{8,4000}$)")


def known_format(text: str) -> str | None:
    """What a text is whose form says that it is a secret."""
    if not SHORTEST_FORM <= len(text) <= LONGEST:
        return None
    if "PRIVATE KEY-----" in text and (found := PRIVATE_KEY.search(text)) is not None:
        return "a private key" if entropy(found[1]) >= LEAST_ENTROPY else None
    if "Key=" in text and (found := STORAGE_KEY.search(text)) is not None:
        return "a storage account's key" if _random(found[1]) else None
    text = without_scheme(text)
    found = None if " " in text else _any_form().fullmatch(text)
    return FORMS[int((found.lastgroup or "f0")[1:])][0] if found is not None and _random(text) else None


def without_scheme(text: str) -> str:
    """The credentials in the value of an `Authorization` header."""
    found = SCHEME.match(text)
    return text if found is None else text[found.end() :]


@lru_cache(maxsize=1)
def _any_form() -> re.Pattern[str]:
    """All forms as one expression; a group a form says which it was."""
    return re.compile("|".join(f"(?P<f{number}>{form})" for number, (_, form) in enumerate(FORMS)))


def _random(text: str) -> bool:
    """Whether the part after the prefix was drawn by chance rather than typed as an example."""
    tail = text.rpartition("/")[2] if "://" in text else text
    tail = re.split(r"^[a-z]{2,10}[-_](?:[a-z]{2,7}[-_])?", tail, maxsplit=1)[-1]
    return (
        entropy(tail) >= LEAST_ENTROPY
        and any(c.isdigit() for c in tail)
        and not (is_placeholder(TEST_MODE.sub("", text)) or is_row(text))
        and not named(tail)
    )
