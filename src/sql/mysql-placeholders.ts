/** Matches texts, quoted names and comments, which contain no parameters, or a parameter. */
const TOKEN =
  /'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`[^`]*`|--\s[^\n]*|#[^\n]*|\/\*.*?\*\/|(?<![\w$])\$(\d+)|(\?)/gs;
const MAX_STATEMENTS = 200;

interface Parsed {
  readonly text: string;
  /** The index of the parameter of each `?`, from 0; null for a `?` of the given statement. */
  readonly order: readonly (number | null)[];
}

const PARSED = new Map<string, Parsed>();

/**
 * The statement with a `?` in place of each `$1`, `$2` and so on, and the value of each `?`. A statement that is given
 * with `?` takes one parameter.
 * @throws RangeError if a parameter of the statement has no value
 */
export function placeholders(
  sql: string,
  params: readonly unknown[],
): { readonly text: string; readonly values: unknown[] } {
  const { text, order } = parse(sql);
  const values = order.map((number) => {
    if (number === null && params.length !== 1) {
      throw new RangeError('A statement for MySQL with several parameters needs $1, $2 and so on, not ?');
    }
    const index = number ?? 0;
    if (index < 0 || index >= params.length) {
      throw new RangeError('A statement for MySQL has no value for one of its parameters');
    }
    return params[index];
  });
  return { text, values };
}

function parse(sql: string): Parsed {
  const known = PARSED.get(sql);
  if (known !== undefined) return known;
  const order: (number | null)[] = [];
  const text = sql.replace(TOKEN, (token, number?: string, mark?: string) => {
    if (number === undefined && mark === undefined) return token;
    order.push(number === undefined ? null : Number(number) - 1);
    return '?';
  });
  if (PARSED.size >= MAX_STATEMENTS) PARSED.clear();
  const parsed = { text, order };
  PARSED.set(sql, parsed);
  return parsed;
}
