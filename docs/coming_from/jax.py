"""The rows of docs/from_jax.md."""

from __future__ import annotations

from docs.coming_from import Page, Row

INTRO = """
The transforms have JAX's names and arguments: `grad`, `value_and_grad`, `jacrev`, `jacfwd`, `hessian`, `jvp`, `vjp`,
`linearize`, `vmap`, `checkpoint`, `custom_vjp`. They take arrays, numbers and trees of them, and nest. There is no
`jnp`: a function is written in NumPy, and NumPy's own functions record. Nothing is compiled: a function may branch on
values, write to its own arrays and print.

Every row below is run by the tests, on both sides where JAX is installed, and the values are compared. The rows use
"""

THERE = """
import functools
import numpy as np
import jax
import jax.numpy as jnp

rng = np.random.default_rng(0)
x = jnp.array(rng.uniform(0.1, 0.9, 3))
batch = jnp.array(rng.uniform(0.1, 0.9, (5, 3)))
matrix = jnp.array(rng.uniform(0.1, 0.9, (3, 3)) + 2 * np.eye(3))
key = jax.random.key(0)
f = lambda x: jnp.sum(jnp.sin(x) ** 2)
params = {"w": matrix, "b": x}
predict = lambda params, x: jnp.tanh(params["w"] @ x + params["b"])
loss = lambda params, x: jnp.mean(predict(params, x) ** 2)
"""

HERE = """
import numpy as np
import scipy
import autograd
import nn.functional as F

rng = np.random.default_rng(0)
x = rng.uniform(0.1, 0.9, 3)
batch = rng.uniform(0.1, 0.9, (5, 3))
matrix = rng.uniform(0.1, 0.9, (3, 3)) + 2 * np.eye(3)
f = lambda x: np.sum(np.sin(x) ** 2)
params = {"w": matrix, "b": x}
predict = lambda params, x: np.tanh(params["w"] @ x + params["b"])
loss = lambda params, x: np.mean(predict(params, x) ** 2)
"""

SECTIONS = {
    "Derivatives": [
        Row("jax.grad(f)(x)", "autograd.grad(f)(x)"),
        Row("jax.value_and_grad(f)(x)", "autograd.value_and_grad(f)(x)"),
        Row("jax.grad(loss)(params, x)", "autograd.grad(loss)(params, x)"),
        Row("jax.grad(loss, argnums=(0, 1))(params, x)", "autograd.grad(loss, argnums=(0, 1))(params, x)"),
        Row(
            "jax.grad(lambda x: (f(x), x), has_aux=True)(x)",
            "autograd.grad(lambda x: (f(x), x), has_aux=True)(x)",
        ),
        Row("jax.grad(lambda t: t**3)(2.0)", "autograd.grad(lambda t: t**3)(2.0)"),
        Row("jax.grad(jax.grad(jnp.tanh))(0.5)", "autograd.grad(autograd.grad(np.tanh))(0.5)"),
        Row("jax.jacrev(jnp.sin)(x)", "autograd.jacrev(np.sin)(x)"),
        Row("jax.jacfwd(jnp.sin)(x)", "autograd.jacfwd(np.sin)(x)"),
        Row("jax.hessian(f)(x)", "autograd.hessian(f)(x)"),
        Row("jax.jvp(f, (x,), (x,))", "autograd.jvp(f, (x,), (x,))"),
        Row("jax.vjp(jnp.sin, x)[1](x)[0]", "autograd.vjp(np.sin, x)[1](x)[0]"),
        Row("jax.linearize(f, x)[1](x)", "autograd.linearize(f, x)[1](x)"),
        Row("jax.jvp(jax.grad(f), (x,), (x,))[1]", "autograd.hvp(f, x, x)"),
        Row("jax.lax.stop_gradient(x)", "autograd.stop_gradient(x)"),
        Row("jax.checkpoint(f)(x)", "autograd.checkpoint(f, x)"),
        Row("jax.grad(lambda z: (z**2).real, holomorphic=False)(2.0)", "autograd.grad(lambda z: (z**2).real)(2.0)"),
        Row("jax.test_util.check_grads(f, (x,), order=2)", "autograd.gradcheck(f, x, order=2)", same=False),
    ],
    "Batches, loops, compiled functions": [
        Row("jax.vmap(f)(batch)", "autograd.vmap(f)(batch)"),
        Row("jax.vmap(predict, in_axes=(None, 0))(params, batch)", "autograd.vmap(predict, (None, 0))(params, batch)"),
        Row(
            "jax.vmap(jax.grad(loss), in_axes=(None, 0))(params, batch)",
            "autograd.vmap(autograd.grad(loss), (None, 0))(params, batch)",
        ),
        Row("jax.jit(f)(x)", "f(x)"),
        Row("jax.jit(jax.grad(loss))(params, x)", "autograd.capture(autograd.grad(loss))(params, x)"),
        Row("jax.lax.cond(x[0] > 0.5, jnp.sin, jnp.cos, x)", "np.sin(x) if x[0] > 0.5 else np.cos(x)"),
        Row(
            "jax.lax.fori_loop(0, 3, lambda i, h: predict(params, h), x)",
            "for i in range(3): x = predict(params, x)\nx",
        ),
        Row(
            "jax.lax.scan(lambda h, row: (h + row, h), x, batch)",
            "rows = []\nfor row in batch: rows.append(x); x = x + row\nx, np.stack(rows)",
        ),
        Row("jax.lax.map(f, batch)", "np.stack([f(row) for row in batch])"),
        Row("jax.debug.print('{}', x)", "print(x)", same=False),
    ],
    "Trees": [
        Row("jax.tree.map(lambda p: 2 * p, params)", "autograd.tree_map(lambda p: 2 * p, params)"),
        Row("jax.tree.leaves(params)", "autograd.tree_leaves(params)", same=False),
        Row(
            "leaves, tree = jax.tree.flatten(params)\njax.tree.unflatten(tree, leaves)",
            "leaves, tree = autograd.tree_flatten(params)\nautograd.tree_unflatten(tree, leaves)",
        ),
        Row(
            "jax.tree.map(lambda p, g: p - 0.1 * g, params, jax.grad(loss)(params, x))",
            "autograd.tree_map(lambda p, g: p - 0.1 * g, params, autograd.grad(loss)(params, x))",
        ),
    ],
    "Arrays": [
        Row("jnp.dot(matrix, x)", "np.dot(matrix, x)"),
        Row("x.at[0].set(7.0)", "y = x.copy()\ny[0] = 7.0"),
        Row("x.at[1:].add(1.0)", "y = x.copy()\ny[1:] += 1.0"),
        Row("jnp.where(x > 0.5, x, 0.0)", "np.where(x > 0.5, x, 0.0)"),
        Row("jnp.linalg.cholesky(matrix @ matrix.T)", "np.linalg.cholesky(matrix @ matrix.T)"),
        Row("jax.nn.relu(x - 0.5)", "F.relu(x - 0.5)"),
        Row("jax.nn.softmax(x)", "F.softmax(x, dim=-1)"),
        Row("jax.nn.logsumexp(x)", "np.logaddexp.reduce(x)"),
        Row("jax.nn.one_hot(jnp.array([0, 2]), 3)", "F.one_hot(np.array([0, 2]), 3)"),
        Row("jax.scipy.special.erf(x)", "scipy.special.erf(x)"),
        Row("jax.scipy.stats.norm.logpdf(x)", "autograd.scipy.stats.norm.logpdf(x)"),
        Row("jax.scipy.linalg.expm(matrix)", "autograd.scipy.linalg.expm(matrix)"),
        Row("jax.device_put(x)", "x"),
        Row("x.block_until_ready()", "x"),
    ],
    "Random numbers": [
        Row("key = jax.random.key(0)", "rng = np.random.default_rng(0)", same=False),
        Row("key, sub = jax.random.split(key)", "sub = rng.spawn(1)[0]", same=False),
        Row("jax.random.normal(key, (3, 2))", "rng.normal(size=(3, 2))", same=False),
        Row("jax.random.permutation(key, 10)", "rng.permutation(10)", same=False),
        Row("jax.random.categorical(key, x)", "np.argmax(x + rng.gumbel(size=x.shape))", same=False),
    ],
    "Rules of one's own": [
        Row(
            "@jax.custom_vjp\n"
            "def double(x): return 2 * x\n"
            "double.defvjp(lambda x: (2 * x, None), lambda saved, g: (2 * g,))\n"
            "jax.grad(double)(3.0)",
            "@autograd.custom_vjp\n"
            "def double(x): return 2 * x\n"
            "double.defvjp(lambda x: (2 * x, None), lambda saved, g: (2 * g,))\n"
            "autograd.grad(double)(3.0)",
        ),
        Row(
            "jax.pure_callback(np.sin, jax.ShapeDtypeStruct(x.shape, x.dtype), x)",
            "@autograd.primitive\ndef sine(x): return np.sin(x)\n"
            "sine.defvjp(lambda g, out, x: g * np.cos(x), keeps='x')\nsine(x)",
        ),
    ],
}

END = """
## What is different

- Floats are float64 as in NumPy; JAX's are float32 unless `jax_enable_x64` is set.
- A function is run, not traced: side effects happen at every call, and shapes may differ from call to call.
  `autograd.capture` records a function and replays it, equal to the first run to the bit: [a step recorded
  once](capture.md).
- Arrays may be written to, where no gradient can be lost: `y[0] = 7.0` on an intermediate result is recorded. Input
  is refused.
- Leaves of a dict come in the dict's own order; JAX sorts its keys.
- Networks: `nn.functional_call(model, params, x)` makes a function of a model's parameters, as `flax` does;
  optimizers hold their state.
- Where a derivative is a choice (ties of max, relu at 0), [the choices](conventions.md) are JAX's with few
  exceptions.
"""

PAGE = Page("Coming from JAX", INTRO, "jax", THERE, HERE, SECTIONS, END)
