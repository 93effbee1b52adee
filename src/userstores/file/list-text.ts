import { isScalar, type Scalar, type YAMLSeq } from 'yaml';
import { type Node, rangeOf } from './record-node';
import type { SourceText, Splice } from './source-text';
import { scalarText } from './yaml-scalars';

/**
 * The splices that turn a list of names into another, in the style of the list. An item that stays keeps its quotes. If
 * items are only removed, or only added at the end, it also keeps its line with its comment.
 *
 * @param base where the offsets of the nodes begin
 * @param keyEnd where the list's key ends
 */
export function listSplices(
  source: SourceText,
  list: YAMLSeq,
  base: number,
  keyEnd: number,
  next: readonly string[],
): readonly Splice[] {
  const items = list.items as Node[];
  const [start, end] = [base + rangeOf(list)[0], base + rangeOf(list)[1]];
  const [first, last] = [items[0], items.at(-1)];
  const texts = textsOf(source.text, items, base, next);
  if (list.flow === true) {
    if (first === undefined || last === undefined || next.length === 0) {
      return [{ start, end, text: `[${texts.join(', ')}]` }];
    }
    return [{ start: base + rangeOf(first)[0], end: base + rangeOf(last)[1], text: texts.join(', ') }];
  }
  const whole = { start: keyEnd, end: source.contentEnd(end) };
  if (next.length === 0) return [{ ...whole, text: ': []' }];

  const line = (text: string): string => `${source.eol}${source.margin(start)}- ${text}`;
  const kept = items.filter((item) => isScalar(item) && next.includes(String(item.value)));
  const isGrown = kept.every((item, index) => isScalar(item) && item.value === next[index]);
  const lastKept = kept.at(-1);
  if (!isGrown || lastKept === undefined || kept[0] !== first) {
    return [{ ...whole, text: `:${texts.map(line).join('')}` }];
  }
  const gone = items.filter((item) => !kept.includes(item)).map((item) => base + rangeOf(item)[0]);
  const behind = source.lineEnd(base + rangeOf(lastKept)[1]);
  return [
    ...gone.map((at) => ({ start: source.lineStart(at), end: source.nextLine(at), text: '' })),
    { start: behind, end: behind, text: texts.slice(kept.length).map(line).join('') },
  ];
}

/** Each name as it is written in the list; a new name gets the quotes of the list's first item. */
function textsOf(text: string, items: readonly Node[], base: number, names: readonly string[]): string[] {
  const scalars = items.filter((item): item is Scalar => isScalar(item));
  const own = new Map(
    scalars.map((item) => {
      const [start, end] = rangeOf(item);
      return [item.value, text.slice(base + start, base + end).trimEnd()];
    }),
  );
  return names.map((name) => own.get(name) ?? scalarText(name, scalars[0]?.type));
}
