import { expect } from 'chai';
import fc from 'fast-check';
import { LogRows } from '../../../src/state/log-rows';

interface Row {
  readonly seq: number;
}

function filled(count: number): { rows: LogRows<Row>; all: Row[] } {
  const rows = new LogRows<Row>();
  const all = Array.from({ length: count }, (_, index) => ({ seq: index + 1 }));
  for (const row of all) rows.add(row);
  return { rows, all };
}

describe('LogRows', () => {
  it('gives rows above a number, as many as are asked for', () => {
    const { rows, all } = filled(3500);
    expect(rows.after(0, 5000)).to.deep.equal(all);
    expect(rows.after(0, 10)).to.deep.equal(all.slice(0, 10));
    expect(rows.after(995, 10)).to.deep.equal(all.slice(995, 1005));
    expect(rows.after(1000, 2001)).to.deep.equal(all.slice(1000, 3001));
    expect(rows.after(3500, 10)).to.deep.equal([]);
    expect(new LogRows().after(0, 10)).to.deep.equal([]);
  });

  it('gives the rows that are left, whichever were removed', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        fc.array(fc.nat({ max: 4000 }), { maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        (count, places, step) => {
          const { rows, all } = filled(count);
          const gone = new Set<Row>();
          const remove = (row: Row | undefined): void => {
            if (row === undefined || gone.has(row)) return;
            gone.add(row);
            rows.remove(row);
          };
          for (const place of places) remove(all[place]);
          // Whole stretches too, so that chunks become few and small.
          for (let index = 0; index < all.length; index += 1) if (index % step !== 0) remove(all[index]);
          const left = all.filter((row) => !gone.has(row));
          expect(rows.after(0, 5000)).to.deep.equal(left);
          expect(rows.after(1500, 20)).to.deep.equal(left.filter(({ seq }) => seq > 1500).slice(0, 20));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('passes over a row that it does not have', () => {
    const { rows, all } = filled(3);
    rows.remove({ seq: 2 });
    rows.remove({ seq: 9 });
    expect(rows.after(0, 10)).to.deep.equal(all);
  });

  it('takes rows after all have left', () => {
    const { rows, all } = filled(2500);
    for (const row of all) rows.remove(row);
    expect(rows.after(0, 10)).to.deep.equal([]);
    rows.add({ seq: 3000 });
    expect(rows.after(0, 10)).to.deep.equal([{ seq: 3000 }]);
  });
});
