import { expect } from 'chai';
import fc from 'fast-check';
import { type Ending, EndingHeap } from '../../../src/state/ending-heap';

type Item = Ending & { readonly name: number };

/** What to do: which item of those that are in it, by its index, and with which end. */
const STEPS = fc.array(
  fc.record({
    does: fc.constantFrom('add', 'add', 'add', 'move', 'remove', 'take' as const),
    which: fc.nat(),
    ends: fc.integer({ min: 0, max: 50 }),
  }),
  { maxLength: 200 },
);

describe('EndingHeap', () => {
  it('has in front what ends first, whatever was added, moved and removed', () => {
    fc.assert(
      fc.property(STEPS, (steps) => {
        const heap = new EndingHeap<Item>();
        const items: Item[] = [];
        for (const [name, { does, which, ends }] of steps.entries()) {
          const item = items[which % items.length];
          if (does === 'add') {
            const added = { name, ends, place: 0 };
            items.push(added);
            heap.add(added);
          } else if (item !== undefined && does === 'move') {
            item.ends = ends;
            heap.moved(item);
          } else if (item !== undefined) {
            const gone = does === 'take' ? heap.first : item;
            if (gone === undefined) throw new Error('nothing is in front');
            items.splice(items.indexOf(gone), 1);
            heap.remove(gone);
          }
          expect(heap.first?.ends).to.equal(
            items.length === 0 ? undefined : Math.min(...items.map((one) => one.ends)),
          );
        }
        const rest: number[] = [];
        for (let first = heap.first; first !== undefined; first = heap.first) {
          rest.push(first.ends);
          heap.remove(first);
        }
        expect(rest).to.deep.equal(items.map((item) => item.ends).sort((one, other) => one - other));
      }),
    );
  });
});
