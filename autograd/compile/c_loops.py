"""The program as C, with matrix products in blocks that fit into a processor's registers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Final

from autograd import operations as op
from autograd.numbers import flatten
from autograd.printer import Text
from autograd.quoting import short
from autograd.table import Operation

from .loop_printer import INDENT, BracedLoops
from .loop_program import AddTo, Choose, For, LoopProgram, OuterProduct, Place, Product, Row

OWN: Final = {"abs": "fabs", "gamma": "tgamma"}  # functions that C calls by another name
FUNCTIONS: Final = """acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc
exp exp2 expm1 fabs floor fmod hypot lgamma log log10 log1p log2 pow sin sinh sqrt tan tanh tgamma
trunc"""
VECTORISED: Final = "\n".join(
    f"VECTORS {number} {name}{end}({number});"
    for name in ("cos", "erf", "exp", "expm1", "log", "log1p", "sin", "tanh")
    for number, end in (("double", ""), ("float", "f"))
)
HEAD: Final = f"""\
#include <math.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__GLIBC__)
#if __GLIBC__ == 2 && __GLIBC_MINOR__ >= 35 /* with vectors of these functions, right to 4 ulp */
#define VECTORS __attribute__((simd("notinbranch")))
{VECTORISED}
#endif
#endif

typedef {{number}} number;

#if defined(ONE)
#define SAMPLES 1
#else
#define SAMPLES samples
#endif
"""
TILES: Final = ((8, 2), (4, 2), (2, 2), (1, 2), (8, 1), (4, 1), (2, 1), (1, 1))  # rows, vectors
VECTORS: Final = """\
#if defined(__AVX512F__) && !defined(ONE) /* whose rows are short */
enum { BYTES = 64, MOST_ROWS = 8 };
#elif defined(__AVX__)
enum { BYTES = 32, MOST_ROWS = 4 };
#else
enum { BYTES = 16, MOST_ROWS = 4 };
#endif
enum { WIDTH = BYTES / sizeof(number) };
typedef number vector __attribute__((vector_size(BYTES), aligned(sizeof(number))));

/* a product and its sum are rounded once, here only */
#if defined(__clang__)
#define FUSED
#define FUSE _Pragma("clang fp contract(fast)")
#else
#define FUSED __attribute__((optimize("fp-contract=fast")))
#define FUSE
#endif
"""
PRODUCT: Final = """\
/* c(i, j) = start(i) + sum over k of a(i, k) b(k, j), for columns j of one or two vectors */
static void tiles(long rows, long vectors, long inner, const number *a, long ai, long ak,
    const number *b, long bk, const number *start, long si, number *c, long ci)
{
    for (long i = 0, count; i < rows; i += count) {
        long rest = rows - i;
        count = rest >= MOST_ROWS ? MOST_ROWS : rest >= 4 ? 4 : rest >= 2 ? 2 : 1;
        const number *ai0 = a + i * ai, *start0 = start ? start + i * si : 0;
        number *c0 = c + i * ci;
        switch (10 * count + vectors) {
CASES        }
    }
}

static void narrow(long rows, long columns, long inner, const number *a, long ai, long ak,
    const number *b, long bk, const number *start, long si, number *c, long ci)
{
    for (long i = 0; i < rows; i++)
        for (long j = 0; j < columns; j++) c[i * ci + j] = start ? start[i * si] : 0;
    if (ai < ak) {
        for (long k = 0; k < inner; k++)
            for (long j = 0; j < columns; j++) {
                number x = b[k * bk + j];
                #pragma omp simd
                for (long i = 0; i < rows; i++) c[i * ci + j] += a[i * ai + k * ak] * x;
            }
        return;
    }
    for (long i = 0; i < rows; i++)
        for (long j = 0; j < columns; j++) {
            number sum = 0;
            #pragma omp simd reduction(+:sum)
            for (long k = 0; k < inner; k++) sum += a[i * ai + k * ak] * b[k * bk + j];
            c[i * ci + j] += sum;
        }
}

static void product(long rows, long columns, long inner, const number *a, long ai, long ak,
    const number *b, long bk, const number *start, long si, number *c, long ci)
{
    if (columns < WIDTH) {
        narrow(rows, columns, inner, a, ai, ak, b, bk, start, si, c, ci);
        return;
    }
    long j = 0;
    for (; j + 2 * WIDTH <= columns; j += 2 * WIDTH)
        tiles(rows, 2, inner, a, ai, ak, b + j, bk, start, si, c + j, ci);
    for (; j < columns; j += WIDTH) {
        if (j > columns - WIDTH) j = columns - WIDTH; /* some columns once more */
        tiles(rows, 1, inner, a, ai, ak, b + j, bk, start, si, c + j, ci);
    }
}
"""
OUTER: Final = """\
/* c(i, k) = sum over j of a(i, j) b(k, j); the spare numbers are for b with rows as columns */
static void outer(long rows, long columns, long inner, const number *a, long ai,
    const number *b, long bk, number *c, long ci, number *spare)
{
    if (rows >= 4 && columns >= WIDTH) {
        long k = 0;
        for (; k + 4 <= columns; k += 4)
            for (long j = 0; j < inner; j++) {
                const number *from = b + k * bk + j;
                number *to = spare + j * columns + k;
                to[0] = from[0], to[1] = from[bk], to[2] = from[2 * bk], to[3] = from[3 * bk];
            }
        for (; k < columns; k++)
            for (long j = 0; j < inner; j++) spare[j * columns + k] = b[k * bk + j];
        product(rows, columns, inner, a, ai, 1, spare, columns, 0, 0, c, ci);
        return;
    }
    for (long i = 0; i < rows; i++)
        for (long k = 0; k < columns; k++) {
            const number *left = a + i * ai, *right = b + k * bk;
            number sum = 0;
            #pragma omp simd reduction(+:sum)
            for (long j = 0; j < inner; j++) sum += left[j] * right[j];
            c[i * ci + k] = sum;
        }
}
"""


def _tile(rows: int, vectors: int) -> str:
    """Return the function for a block of so many rows and vectors."""
    each = [(i, j) for i in range(rows) for j in range(vectors)]
    sums = ", ".join([f"s{i}{j} = none" for i, j in each])
    starts = [f"s{i}{j} += start[{i} * si];" for i, j in each]
    loads = [f"vector b{j} = *(const vector *)(b + {j} * WIDTH);" for j in range(vectors)]
    adds = [f"s{i}{j} += a[{i} * ai] * b{j};" for i, j in each]
    stores = [f"*(vector *)(c + {i} * ci + {j} * WIDTH) = s{i}{j};" for i, j in each]
    body = [
        "FUSE",
        "const vector none = {0};",
        f"vector {sums};",
        "if (start) {",
        *[f"{INDENT}{line}" for line in starts],
        "}",
        "for (long k = 0; k < inner; k++, a += ak, b += bk) {",
        *[f"{INDENT}{line}" for line in [*loads, *adds]],
        "}",
        *stores,
    ]
    head = f"FUSED static void tile{rows}{vectors}(long inner, const number *a, long ai, long ak,"
    more = "const number *b, long bk, const number *start, long si, number *c, long ci)"
    return "\n".join([head, f"{INDENT}{more}", "{", *[f"{INDENT}{x}" for x in body], "}", ""])


def _products() -> str:
    """Return the functions that compute products in blocks."""
    given = "(inner, ai0, ai, ak, b, bk, start0, si, c0, ci)"
    cases = [f"        case {r}{v}: tile{r}{v}{given}; break;\n" for r, v in TILES]
    tiles = "\n".join([_tile(*tile) for tile in TILES])
    return f"{VECTORS}\n{tiles}\n{PRODUCT.replace('CASES', ''.join(cases))}\n{OUTER}"


class CLoops(BracedLoops):
    """C of 1999, with pragmas and vectors that GCC and Clang know."""

    infinity, nan = "INFINITY", "NAN"
    counter: ClassVar[str] = "long"

    def __init__(self, program: LoopProgram) -> None:
        super().__init__(program)
        self._spare = 0  # rows of the table
        self._has_products = False
        self.vectorised = 0  # loops that are marked so
        self.length = 0  # characters of the program, without its tables

    def source(self) -> str:
        """Return the program, a function of the name `program`."""
        program = self.program
        body = ["const long n = SAMPLES;", *self.lines(program.statements)]
        tables = "const number *restrict parameters, const number *restrict inputs"
        more = "number *restrict table, number *restrict column, number *restrict"
        if program.losses:
            body += [
                f"gradient[{i - len(program.losses)}] = {self.text(x)};"
                for i, x in enumerate(program.losses)
            ]
            tables += ", const number *restrict targets"
            weights = "number weight, number penalty_weight"
            head = f"{tables}, {weights}, long samples, {more} gradient"
        else:
            head = f"{tables}, long samples, {more} outputs"
        main = "\n".join(self.block(f"void program({head})", body))
        self.length = len(main)
        head = HEAD.format(number="float" if self.program.is_single else "double")
        parts = [
            f"{head}\n{_products()}" if self._has_products else head,
            *[self._constant(name, x) for name, x in program.constants.items()],
            *self.helpers.values(),
            main,
        ]
        return "\n".join(parts) + "\n"

    @property
    def rows(self) -> int:
        """The number of rows of the table, known when the source is."""
        return self.program.rows + self._spare

    def _constant(self, name: str, numbers: Any) -> str:
        is_index = isinstance(flatten(numbers)[0], int)
        texts = [str(x) if is_index else self.number(x).text for x in flatten(numbers)]
        return f"static const {'int' if is_index else 'number'} {name}[] = {{{', '.join(texts)}}};"

    def number(self, x: float) -> Text:
        text = super().number(x)
        is_finite = text.text.lstrip("-") not in (self.infinity, self.nan)
        return Text(f"{text.text}f", text.level) if self.program.is_single and is_finite else text

    def variable(self, name: str) -> str:
        return f"number {name}"

    def chosen(self, counter: str, text: str) -> str:
        return f"const long {counter} = (long)({text})"

    def plain(self, loop: For) -> Iterator[str]:
        """Yield a loop; of an innermost one the compiler is told that it may be vectorised."""
        sums = [x.target for x in loop.body if isinstance(x, AddTo) and isinstance(x.target, str)]
        is_inner = not any(isinstance(x, For | Choose) for x in loop.body)
        if sums or (loop.counter in "ij" and is_inner):
            self.vectorised += 1
            yield "#pragma omp simd" + (f" reduction(+:{', '.join(sums)})" if sums else "")
        yield from super().plain(loop)

    def product(self, product: Product | OuterProduct) -> Iterator[str]:
        self._has_products = True
        columns = "n" if product.copies == 1 else f"{product.copies} * n"
        if isinstance(product, Product):
            row = product.coefficients.row
            inputs, target, start = product.inputs, product.target, product.start
            assert isinstance(row, Row)
            bias = "0, 0"
            if start is not None:
                assert isinstance(start.row, Row)
                bias = f"{_begin(start)}, {start.row.i}"
            yield (
                f"product({product.rows}, {columns}, {product.width}, "
                f"{_begin(product.coefficients)}, {row.i}, {row.k}, "
                f"{_begin_of_samples(inputs)}, {inputs.k} * n, {bias}, "
                f"{_begin_of_samples(target)}, {target.i} * n);"
            )
            return
        self._spare = max(self._spare, product.columns * product.copies)
        left, right, place = product.left, product.right, product.target
        assert isinstance(place.row, Row)
        yield (
            f"outer({product.rows}, {product.columns}, {columns}, "
            f"{_begin_of_samples(left)}, {left.i} * n, "
            f"{_begin_of_samples(right)}, {right.k} * n, "
            f"{_begin(place)}, {place.row.i}, table + {self.program.rows} * n);"
        )

    def function(self, row: Operation) -> str | None:
        if not row.is_primitive and row is not op.absolute:
            return None
        name = OWN.get(row.forward.__name__, row.forward.__name__)
        if name not in FUNCTIONS.split():
            raise ValueError(
                f"the operation {short(row.name)} calls math.{row.forward.__name__}, which C "
                'lacks; write it in terms of other operations, or use engine="numpy"'
            )
        return f"{name}f" if self.program.is_single else name

    def helper_name(self, row: Operation) -> str:
        """Return a name that no function of C has."""
        return f"row_{super().helper_name(row)}"

    def definition(
        self, name: str, arguments: Sequence[str], shared: Sequence[tuple[str, str]], result: str
    ) -> Iterator[str]:
        given = ", ".join([f"number {x}" for x in arguments])
        lines = [f"number {part} = {text};" for part, text in shared]
        yield from self.block(
            f"static inline number {name}({given})", [*lines, f"return {result};"]
        )


def _begin(place: Place) -> str:
    """Return the address of the first of some places without samples."""
    assert isinstance(place.row, Row)
    return f"{place.table} + {place.row.first}"


def _begin_of_samples(row: Row) -> str:
    """Return the address of the first of some rows of the table."""
    first = str(row.first)
    return f"table + ({first}) * n" if " + " in first else f"table + {first} * n"
