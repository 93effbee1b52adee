/** An unchecked object of a document. */
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

/** A copy through JSON, without undefined members; undefined if the value is no object or JSON cannot represent it. */
export function jsonCopy(value: unknown): Json | undefined {
  try {
    const copy: unknown = JSON.parse(JSON.stringify(value));
    return isJson(copy) ? copy : undefined;
  } catch {
    return undefined;
  }
}
