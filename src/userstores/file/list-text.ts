import { isScalar, type Scalar, type YAMLSeq } from 'yaml';
import { type Node, rangeOf } from './record-node';
import type { SourceText, Splice } from './source-text';
import { scalarText } from './yaml-scalars';

/**
 * What turns a list of names into another one, in its own style: an item that stays keeps its quotes and, where only
 * items go or are added at the end, its line with its comment.
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

/** Each name as it stands in the list, or else with the quotes of the first one there. */
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
