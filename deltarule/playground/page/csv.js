// A table, as a text with commas, semicolons or tabs, as data for a network.

const LONGEST_TABLE = 2_000_000;  // characters that are read
const MOST_ROWS = 2000, MOST_READ = 20_000, MOST_LABELS = 6;

/** Return {dataset} of a table: the last column is the target, the first two columns of numbers
 *  beside it are the inputs; or {wrong: what to mend}. `dataset.notes` are sentences on what was
 *  left out. */
function datasetOfCsv(text) {
  const wrong = (what) => ({wrong: what}), notes = [];
  const whole = text.replace(/^\uFEFF/, ""), isCut = whole.length > LONGEST_TABLE;
  const first = whole.slice(0, LONGEST_TABLE);
  const start = isCut ? first.slice(0, first.lastIndexOf("\n") + 1) : first;
  const body = isCut ? start.slice(0, start.lastIndexOf("\n") + 1) : start;
  const empty = wrong("The table is empty: paste lines such as 1.5, 2, yes.");
  if (!body.trim()) return empty;
  const sign = separatorOf(body);
  if (!sign) return wrong("The table has one column: put a comma, a semicolon or a tab between columns.");
  const {rows, open, isLonger} = cellsOf(body, sign);
  if (open) return wrong(`The quote that begins in line ${open} has no end: write another ".`);
  if (!rows.length) return empty;
  const hasCommas = sign !== "," && isDecimalComma(rows);
  const number = (cell) => numberOfCell(cell, hasCommas);
  const [first] = rows, width = first.cells.length;
  const uneven = rows.find(({cells}) => cells.length !== width);
  if (uneven) {
    return wrong(`Line ${uneven.line} has ${uneven.cells.length} columns and line ${first.line} has ${width}: write as many in both.`);
  }
  const isNumeric = (list, k) => list.some(({cells}) => !isMissing(cells[k]))
    && list.every(({cells}) => isMissing(cells[k]) || number(cells[k]) !== undefined);
  const columns = [...Array(width).keys()], rest = rows.slice(1);
  const hasHeader = first.cells.every((cell) => number(cell) === undefined)
    && columns.some((k) => isNumeric(rest, k));
  const names = columns.map((k) => (hasHeader && first.cells[k].slice(0, 40)) || `column ${k + 1}`);
  const given = hasHeader ? rest : rows, at = width - 1;
  const chosen = columns.slice(0, -1).filter((k) => isNumeric(given, k)).slice(0, 2);
  if (!chosen.length) return wrong("No column before the last one has numbers: put the inputs first, as numbers.");
  const full = given.filter(({cells}) => ![...chosen, at].some((k) => isMissing(cells[k])));
  const left = given.length - full.length;
  if (left) notes.push(`${left} ${left === 1 ? "row has" : "rows have"} an empty cell and ${left === 1 ? "is" : "are"} left out.`);
  if (isCut || isLonger || full.length > MOST_ROWS) notes.push(`The table is longer: the first ${Math.min(full.length, MOST_ROWS)} rows are kept.`);
  const ignored = columns.slice(0, -1).filter((k) => !chosen.includes(k)).map((k) => names[k]);
  if (ignored.length) notes.push(`Not used: ${ignored.slice(0, 5).join(", ")}${ignored.length > 5 ? ", …" : ""}.`);
  const kept = full.slice(0, MOST_ROWS);
  if (kept.length < 2) return wrong("The table has fewer than 2 rows without empty cells: paste more.");

  const axes = chosen.map((k) => ({name: names[k], ...scaleOf(kept.map(({cells}) => number(cells[k])))}));
  const scaled = (x, {centre, scale}) => (x - centre) / scale;
  const inputs = kept.map(({cells}) => chosen.map((k, i) => scaled(number(cells[k]), axes[i])));
  const dataset = {name: "your table", names: axes.map(({name}) => name), inputs, axes, notes};
  const labels = [...new Set(kept.map(({cells}) => cells[at]))];
  const values = kept.map(({cells}) => number(cells[at])), isText = values.includes(undefined);
  const isFew = !isText && values.every(Number.isInteger) && new Set(values).size <= MOST_LABELS;
  if (isText && labels.length > MOST_LABELS) {
    return wrong(`The last column, ${names[at]}, has ${labels.length} different texts: at most ${MOST_LABELS} are classes.`);
  }
  if (isText || isFew) {
    const keys = isFew ? values : kept.map(({cells}) => cells[at]);
    const order = [...new Set(keys)].sort((a, b) => (a < b ? -1 : 1));
    if (order.length < 2) return wrong(`The last column, ${names[at]}, is ${String(order[0]).slice(0, 40)} in every row: it has to have two classes or more.`);
    const index = new Map(order.map((key, k) => [key, k]));
    return {dataset: {...dataset, classes: order.map((key) => String(key).slice(0, 40)),
      targets: keys.map((key) => index.get(key))}};
  }
  const target = {name: names[at], ...scaleOf(values)};
  return {dataset: {...dataset, classes: null, target, targets: values.map((x) => scaled(x, target))}};
}

/** Return the sign between columns: of those in the first line, the one that is there most often
 *  outside of quotes; a comma only counts if neither ; nor a tab is there. */
function separatorOf(text) {
  const line = text.trimStart().split(/\r?\n|\r/, 1)[0].replace(/"[^"]*"/g, "");
  return ["\t", ";", ","].find((sign) => line.includes(sign));
}

/** Return the rows of a table, {cells, line}, without empty ones, and the line in which a quote
 *  begins that has no end. More rows are read than are kept, as some may have to be left out;
 * isLonger says that there are more. */
function cellsOf(text, sign) {
  const rows = [], cell = /("[^"]*(?:""[^"]*)*"|[^"\r\n\t;,][^\r\n\t;,]*|[;,\t]|\r\n?|\n|")/y;
  let cells = [], now = "", line = 1, begun = 1;
  const end = () => {
    cells.push(now.trim());
    if (cells.some((x) => x)) rows.push({cells, line: begun});
    [cells, now] = [[], ""];
  };
  for (let found; rows.length <= MOST_READ && (found = cell.exec(text));) {
    const [part] = found;
    if (part === '"') return {rows, open: line};
    if (part === sign) {
      cells.push(now.trim());
      now = "";
    } else if (/^[\r\n]/.test(part)) {
      end();
      begun = ++line;
    } else if (part[0] === '"') {
      now += part.slice(1, -1).replaceAll('""', '"');
      line += part.split("\n").length - 1;
    } else now += part;
  }
  if (cells.length || now) end();
  return {rows, open: 0, isLonger: rows.length > MOST_READ};
}

function isMissing(cell) {
  return /^(|\?|na|n\/a|nan|null)$/i.test(cell);
}

/** Return whether numbers have a comma for the point: some have, and none has a point. */
function isDecimalComma(rows) {
  const cells = rows.slice(0, 200).flatMap(({cells}) => cells);
  return cells.some((cell) => /^[-+−]?\d*,\d+$/.test(cell)) && !cells.some((cell) => /^[-+−]?\d*\.\d+$/.test(cell));
}

/** Return the number that a cell holds, or undefined. */
function numberOfCell(cell, hasComma) {
  const plain = (hasComma ? cell.replace(",", ".") : cell).replace("−", "-");
  const x = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  return Number.isFinite(x) ? x : undefined;
}

/** Return mean and standard deviation of a column; of one that is constant, 1. */
function scaleOf(values) {
  const most = Math.max(...values.map(Math.abs)) || 1;  // so that no square is too large
  const mean = (list) => list.reduce((sum, x) => sum + x, 0) / list.length;
  const centre = most * mean(values.map((x) => x / most));
  const square = mean(values.map((x) => (x / most - centre / most) ** 2));
  return {centre, scale: most * Math.sqrt(square) || 1};
}
