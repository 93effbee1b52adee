/** An object of a document, of which nothing is known yet. */
export type Json = Readonly<Record<string, unknown>>;

export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object of a document; empty for anything else. */
export function objectIn(value: unknown): Json {
  return isJson(value) ? value : {};
}

/** The objects of a list; empty for anything else. */
export function objectsIn(value: unknown): readonly Json[] {
  return Array.isArray(value) ? (value as unknown[]).filter(isJson) : [];
}

/** A copy as JSON has it, without what is undefined; undefined for what JSON cannot write. */
export function jsonCopy(value: unknown): Json | undefined {
  try {
    const copy: unknown = JSON.parse(JSON.stringify(value));
    return isJson(copy) ? copy : undefined;
  } catch {
    return undefined;
  }
}
