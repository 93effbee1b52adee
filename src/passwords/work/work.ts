/**
 * The amount of work of a verification. Work of the same kind is compared by its units. Different kinds are compared by
 * the time that a unit takes on a present-day machine, which is accurate enough to tell which is more.
 */
export type Work =
  /** A unit is a round of the key schedule: 2 to the power of the cost. */
  | { readonly kind: 'bcrypt'; readonly units: number }
  /** A unit is one KiB filled once. */
  | { readonly kind: 'argon2'; readonly memoryKib: number; readonly lanes: number; readonly units: number }
  /** A unit is a block of `blockSize`: there are N times p of them. */
  | { readonly kind: 'scrypt'; readonly blockSize: number; readonly units: number }
  /** A unit is an iteration. */
  | { readonly kind: 'pbkdf2'; readonly digest: 'sha1' | 'sha256' | 'sha512'; readonly units: number }
  /** A unit is a round, and a round takes longer for a longer password. */
  | { readonly kind: 'sha-crypt'; readonly digest: 'sha256' | 'sha512'; readonly units: number }
  /** Negligible work: one hash, one comparison. */
  | { readonly kind: 'none'; readonly units: 0 };

export const NO_WORK: Work = { kind: 'none', units: 0 };

/** True if both have the same parameters, apart from the number of units. */
export function isSameKind(a: Work, b: Work): boolean {
  return nameOf(a) === nameOf(b);
}

/**
 * Keeps the greatest work of each kind. Which kind is the greatest depends on the password, but never on the user whose
 * hash is tried.
 */
export class DearestWork {
  readonly #byKind = new Map<Work['kind'], Work>();

  add(work: Work): void {
    const known = this.#byKind.get(work.kind);
    if (known === undefined || microsecondsOf(work, 0) > microsecondsOf(known, 0)) {
      this.#byKind.set(work.kind, work);
    }
  }

  /** The greatest work for a password of that many bytes. */
  for(bytes: number): Work {
    let dearest = NO_WORK;
    for (const work of this.#byKind.values()) {
      if (microsecondsOf(work, bytes) > microsecondsOf(dearest, bytes)) dearest = work;
    }
    return dearest;
  }
}

function nameOf({ units: _, ...kind }: Work): string {
  return JSON.stringify(kind);
}

function microsecondsOf(work: Work, bytes: number): number {
  switch (work.kind) {
    case 'bcrypt':
      return 65 * work.units;
    case 'argon2':
      return 0.65 * work.units;
    case 'scrypt':
      return 0.3 * work.blockSize * work.units;
    case 'pbkdf2':
      return (work.digest === 'sha512' ? 0.63 : 0.24) * work.units;
    case 'sha-crypt':
      return (1.7 + 0.005 * bytes) * work.units;
    case 'none':
      return 0;
  }
}
