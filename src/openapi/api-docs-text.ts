/** An OpenAPI document as it is sent. */
import { ConfigurationError } from '../errors';
import { ignoreRejection } from '../util/ignore-rejection';

/** @returns the JSON of the document as of now @throws for what is no document, and what its maker throws */
export type DocumentText = () => Buffer;

/**
 * A fixed document is written once, at the call; that of a function when it is asked for, and again only where the
 * function returns another object than before.
 * @throws ConfigurationError for a fixed one that is no OpenAPI document or has no JSON
 */
export function documentText(given: object | (() => object)): DocumentText {
  if (typeof given !== 'function') {
    try {
      const text = jsonOf(given);
      return () => text;
    } catch (cause) {
      throw new ConfigurationError(`apiDocs(): document ${MUST}`, { cause });
    }
  }
  const make = given as () => unknown;
  let last: { readonly document: unknown; readonly text: Buffer } | undefined;
  return () => {
    const document = make();
    if (last === undefined || last.document !== document) last = { document, text: jsonOf(document) };
    return last.text;
  };
}

const MUST =
  'must be an OpenAPI document: an object with the member openapi, such as securityDocument(options).document';

function jsonOf(document: unknown): Buffer {
  // A promise of one is none; it must not end the process when it rejects.
  ignoreRejection(document);
  const { openapi } = (document ?? {}) as { openapi?: unknown };
  if (typeof openapi !== 'string') throw new TypeError(`It ${MUST}`);
  return Buffer.from(JSON.stringify(document));
}
