/** Medians and spreads of rounds that took turns. */

export interface Figure {
  readonly median: number;
  /** The quarter marks: half of all rounds lie between them. */
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

export function figureOf(values: readonly number[]): Figure {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (part: number): number => {
    const place = part * (sorted.length - 1);
    const [below = Number.NaN, above = Number.NaN] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
    return below + (above - below) * (place - Math.floor(place));
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), rounds: values.length };
}

/** One value against another round by round: what slows the machine in a round slows both. */
export function ratioOf(dividends: readonly number[], divisors: readonly number[]): Figure {
  return figureOf(dividends.map((value, round) => value / (divisors[round] ?? Number.NaN)));
}

export function differenceOf(values: readonly number[], others: readonly number[]): Figure {
  return figureOf(values.map((value, round) => value - (others[round] ?? Number.NaN)));
}
