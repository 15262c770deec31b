"""The application as it will run: routers, routes, parameters, dependencies, answers."""
