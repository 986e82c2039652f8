"""The module system: Module, Parameter, containers, hooks."""
