"""Every exception that the package raises.

    AutogradError
    ├── ShapeError      (ValueError)    shapes that do not fit together
    ├── DTypeError      (TypeError)     a dtype that cannot be differentiated
    ├── ArgumentError   (ValueError)    a hyperparameter or option out of range
    ├── NoRuleError     (TypeError, NotImplementedError)  a NumPy function without a derivative rule
    ├── BatchError      (TypeError)     what cannot be done for all examples of a vmap at once
    ├── GraphError      (RuntimeError)  the recorded graph cannot do what was asked
    │   ├── FreedGraphError             a second sweep over a graph that was freed
    │   ├── InPlaceError                a write that would make a gradient wrong
    │   └── AnomalyError                the first nan or inf under detect_anomaly
    ├── CaptureError    (RuntimeError)  a step that cannot be recorded and replayed
    ├── ConvergenceError (RuntimeError)  an iteration that found no solution
    ├── GradcheckError  (AssertionError)  analytic and numerical derivative differ
    └── RenderError     (RuntimeError)  no program was found that can lay out a picture

and UndefinedDerivativeWarning (RuntimeWarning): a derivative that does not exist was asked for, and is nan.

Each also derives from the built-in exception in brackets, so code that catches `ValueError` keeps working.
A message states what was expected, what was received, and the remedy.
"""


class AutogradError(Exception):
    """The root of every error this package raises on purpose."""


class ShapeError(AutogradError, ValueError):
    """Shapes that do not fit together."""


class DTypeError(AutogradError, TypeError):
    """A dtype that cannot be differentiated, or that an operation cannot take."""


class ArgumentError(AutogradError, ValueError):
    """A hyperparameter or an option out of its range."""


class NoRuleError(AutogradError, TypeError, NotImplementedError):
    """A NumPy function, or an option of one, that has no derivative rule."""


class BatchError(AutogradError, TypeError):
    """What cannot be done for all examples of a vmap at once."""


class GraphError(AutogradError, RuntimeError):
    """The recorded graph cannot do what was asked of it."""


class FreedGraphError(GraphError):
    """A second sweep over a graph that the first one freed."""


class InPlaceError(GraphError):
    """A write that would make a gradient silently wrong."""


class AnomalyError(GraphError):
    """The first nan or inf, found under `detect_anomaly`."""


class CaptureError(AutogradError, RuntimeError):
    """A step that cannot be recorded and replayed (docs/capture.md)."""


class ConvergenceError(AutogradError, RuntimeError):
    """An iteration that found no solution."""


class GradcheckError(AutogradError, AssertionError):
    """An analytic derivative that differs from the numerical one."""


class RenderError(AutogradError, RuntimeError):
    """No program was found that can lay out a picture."""


class UndefinedDerivativeWarning(RuntimeWarning):
    """A derivative that does not exist, or cannot be known, was asked for: it is nan."""
