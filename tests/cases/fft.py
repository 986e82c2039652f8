"""The discrete Fourier transforms, and parts of complex numbers, of real inputs: what is complex stays inside."""

from __future__ import annotations

import numpy as np

from autograd.scipy import fft
from tests.cases.case import Case, normal
from tests.cases.linalg import regular


def parts(z):  # type: ignore[no-untyped-def]
    """Real and imaginary part."""
    return np.real(z), np.imag(z)


CASES: list[Case] = [
    *[
        Case(f"scipy.fft.{name} {kind}", lambda x, name=name, kind=kind: getattr(fft, name)(x, kind, norm="ortho"),
             normal((2, 5)), float16=False, strict="SciPy's transform takes ndarrays")
        for name in ("dct", "dst") for kind in (1, 2, 3, 4)
    ],
    *[
        Case(f"fft.{name} {norm} n={n}",
             lambda x, name=name, norm=norm, n=n: parts(getattr(np.fft, name)(x, n, norm=norm)), normal((2, 6)),
             lambda torch, x, name=name, norm=norm, n=n: (
                 lambda z: (z.real, z.imag))(getattr(torch.fft, name)(x, n, norm=norm)))
        for name in ("fft", "ifft", "rfft", "ihfft")
        for norm in (None, "ortho", "forward")
        for n in (None, 5, 8)
    ],
    *[
        Case(f"fft.{name} n={n}",
             lambda x, y, name=name, n=n: getattr(np.fft, name)(x + 1j * y, n, axis=0), normal((4, 3), (4, 3)),
             lambda torch, x, y, name=name, n=n: getattr(torch.fft, name)(torch.complex(x, y), n, dim=0),
             )
        for name in ("irfft", "hfft")
        for n in (None, 5, 9)
    ],
    *[
        Case(f"fft.{name} s={s}",
             lambda x, y, name=name, s=s: parts(getattr(np.fft, name)(x + 1j * y, s, (0, 2)))[0],
             normal((3, 2, 4), (3, 2, 4)))
        for name in ("fft2", "ifft2", "fftn", "ifftn", "irfft2", "irfftn")
        for s in (None, (4, 3))
    ],
    Case("fft.rfft2", lambda x: np.abs(np.fft.rfft2(x)) ** 2, normal((3, 4))),
    Case("fft.rfftn", lambda x: np.abs(np.fft.rfftn(x, (4, 2), axes=(2, 0))), normal((3, 2, 4))),
    Case("angle", lambda x, y: np.angle(x + 1j * y), normal((3,), (3,)),
         lambda torch, x, y: torch.angle(torch.complex(x, y))),
    Case("sign of complex numbers", lambda x, y: parts(np.sign(x + 1j * y)), normal((3,), (3,)),
         lambda torch, x, y: (lambda z: (z.real, z.imag))(torch.sgn(torch.complex(x, y)))),
    Case("linalg.eig", lambda a: (lambda w, v: (np.real(w), np.imag(w), np.abs(v)))(*np.linalg.eig(a)), regular(4, 4),
         lambda torch, a: (lambda r: (r[0].real, r[0].imag, r[1].abs()))(torch.linalg.eig(a)), tolerance=1e-5,
         ),
    Case("linalg.eigvals", lambda a: parts(np.linalg.eigvals(a)), regular(4, 4),
         lambda torch, a: (lambda w: (w.real, w.imag))(torch.linalg.eigvals(a)), tolerance=1e-5),
]  # fmt: skip
