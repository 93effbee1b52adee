/**
 * Fetches a JSON object from an issuer. Whatever the issuer does, the fetch is limited in time and bytes, and follows
 * no redirect. No error contains anything of a body, of a query or of the headers.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import { type JsonObject, parseJsonObject } from '../tokens/json';
import { safeUrl } from '../util/safe-url';

/** The maximum size of a body, in bytes. */
const MAX_BYTES = 512 * 1024;
const TIMEOUT_MS = 3000;

/** The issuer did not answer as it must. The message names the address without its query, and the failure. */
export class FetchFailedError extends Error {
  override readonly name = 'FetchFailedError';

  /** @param status the status of the response, if the issuer responded */
  constructor(
    message: string,
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

export interface JsonRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent by POST; without it the request is a GET. */
  readonly form?: URLSearchParams;
  /** Statuses other than 200 for which the JSON is returned. @default none */
  readonly statuses?: readonly number[];
}

export interface JsonReply {
  readonly status: number;
  readonly json: JsonObject;
}

/** Keeps its connections for the next request; idle connections do not keep the process alive. */
export class JsonFetcher {
  readonly #agents = { 'http:': new http.Agent(KEEP), 'https:': new https.Agent(KEEP) };
  readonly #underWay = new Set<AbortController>();
  #isClosed = false;

  /** @param timeoutMs the time limit of a request, including its body */
  constructor(private readonly timeoutMs = TIMEOUT_MS) {}

  /** @throws FetchFailedError; it throws no other error */
  async fetch(address: string, request?: JsonRequest): Promise<JsonObject> {
    return (await this.exchange(address, request)).json;
  }

  /** The same, together with the status. */
  async exchange(
    address: string,
    { headers = {}, form, statuses = [] }: JsonRequest = {},
  ): Promise<JsonReply> {
    const url = safeUrl(address);
    if (url === undefined) throw new FetchFailedError('an address is neither https nor http on loopback');
    const place = `${url.origin}${url.pathname}`;
    if (this.#isClosed) throw closed(place);
    const controller = new AbortController();
    const timer = setTimeout(() => {
      controller.abort(new FetchFailedError(`${place} did not answer within ${String(this.timeoutMs)} ms`));
    }, this.timeoutMs).unref();
    this.#underWay.add(controller);
    try {
      const body = form?.toString();
      const takes = (status: number): boolean => status === 200 || statuses.includes(status);
      const send = (): Promise<JsonReply> =>
        this.#send(url, { place, headers, body, takes }, controller.signal);
      return await send().catch((error: unknown) => {
        // The issuer closed the connection at the moment of its reuse, and has not seen the request.
        if (error instanceof StaleConnection) return send();
        throw error;
      });
    } catch (error) {
      if (error instanceof FetchFailedError) throw error;
      throw new FetchFailedError(`${place} cannot be reached${codeOf(error)}`, undefined, { cause: error });
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(controller);
    }
  }

  /** Sends requests again after `close()`. */
  resume(): void {
    this.#isClosed = false;
  }

  /** Aborts all requests in progress; later requests fail until `resume()`. */
  close(): void {
    this.#isClosed = true;
    for (const controller of this.#underWay) controller.abort(closed('the issuer'));
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  #send(url: URL, { place, headers, body, takes }: Sent, signal: AbortSignal): Promise<JsonReply> {
    return new Promise((resolve, reject) => {
      const fail = (cause: unknown): void => {
        // An AbortError contains the reason of the abort only as its cause.
        reject(signal.aborted ? (signal.reason as Error) : (cause as Error));
        request.destroy();
      };
      const form = body !== undefined && {
        'Content-Type': 'application/x-www-form-urlencoded',
        'Content-Length': String(Buffer.byteLength(body)),
      };
      const secure = url.protocol === 'https:';
      const request = (secure ? https : http).request(url, {
        method: body === undefined ? 'GET' : 'POST',
        agent: this.#agents[secure ? 'https:' : 'http:'],
        headers: { Accept: 'application/json', 'Accept-Encoding': 'identity', ...headers, ...form },
        signal,
      });
      request.on('error', (error: NodeJS.ErrnoException) => {
        const isStale = request.reusedSocket && error.code === 'ECONNRESET';
        fail(isStale ? new StaleConnection() : error);
      });
      let isAnswered = false;
      // A request that ends without an error and without a response, after status 101 for example, can no longer be
      // aborted.
      request.on('close', () => {
        if (!isAnswered) fail(new FetchFailedError(`${place} closed the connection without an answer`));
      });
      request.on('response', (response) => {
        isAnswered = true;
        response.on('error', fail);
        readReply(response, place, takes).then(resolve, fail);
      });
      request.end(body);
    });
  }
}

const KEEP = { keepAlive: true, maxFreeSockets: 8 };

function closed(place: string): FetchFailedError {
  return new FetchFailedError(`${place} cannot be asked any more`);
}

/** Never leaves this module. */
class StaleConnection extends Error {}

interface Sent {
  /** The address without its query. */
  readonly place: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly takes: (status: number) => boolean;
}

async function readReply(
  response: http.IncomingMessage,
  place: string,
  takes: Sent['takes'],
): Promise<JsonReply> {
  const { statusCode: status = 0, headers } = response;
  if (!takes(status)) throw new FetchFailedError(`${place} answered with status ${String(status)}`, status);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity') throw new FetchFailedError(`${place} answered with compressed text`, status);
  const tooLong = new FetchFailedError(`${place} answered with more than ${String(MAX_BYTES)} bytes`, status);
  if (Number(headers['content-length'] ?? 0) > MAX_BYTES) throw tooLong;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw tooLong;
    chunks.push(chunk);
  }
  const object = parseJsonObject(Buffer.concat(chunks));
  if (object === undefined) throw new FetchFailedError(`${place} answered with no JSON object`, status);
  return { status, json: object };
}

/** The code of an error of Node or OpenSSL, such as ECONNREFUSED; their messages may contain more. */
function codeOf(error: unknown): string {
  const code: unknown = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? ` (${code})` : '';
}
