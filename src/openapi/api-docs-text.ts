/** An OpenAPI document in the form in which it is sent. */
import { ConfigurationError } from '../errors';
import { ignoreRejection } from '../util/ignore-rejection';

/** @returns the present JSON of the document @throws if it is not a document, and rethrows an error of its function */
export type DocumentText = () => Buffer;

/**
 * A fixed document is serialised once, at the call. The document of a function is serialised on request, and again only
 * if the function returns another object than before.
 * @throws ConfigurationError for a fixed value that is no OpenAPI document or cannot be serialised
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
  // A promise is not a document; its rejection must not end the process.
  ignoreRejection(document);
  const { openapi } = (document ?? {}) as { openapi?: unknown };
  if (typeof openapi !== 'string') throw new TypeError(`It ${MUST}`);
  return Buffer.from(JSON.stringify(document));
}
