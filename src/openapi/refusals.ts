/** The error responses to which operations refer, as the library sends them. */
import type { Json } from './json';

/** The statuses of error responses, and the name of each response in `components.responses`. */
const REFUSALS = {
  400: {
    name: 'MalformedCredentials',
    description: 'The credentials cannot be read, or came twice.',
    headers: ['WWW-Authenticate'],
    example: ['InvalidRequestError', 'invalid_request', 'Malformed Credentials'],
  },
  401: {
    name: 'UnauthorizedUser',
    description: 'No credentials came, or they are not valid.',
    headers: ['WWW-Authenticate'],
    example: ['AuthenticationRequiredError', 'authentication_required', 'Unauthorized User'],
  },
  403: {
    name: 'AccessDenied',
    description: 'The login is valid, and it does not suffice.',
    headers: ['WWW-Authenticate'],
    example: ['AccessDeniedError', 'access_denied', 'Access Denied'],
  },
  429: {
    name: 'TooManyAttempts',
    description: 'There were too many wrong credentials.',
    headers: ['Retry-After'],
    example: ['ThrottledError', 'too_many_attempts', 'Too Many Attempts'],
  },
  503: {
    name: 'AuthenticationUnavailable',
    description: 'The credentials cannot be checked now.',
    headers: ['Retry-After'],
    example: ['ServiceUnavailableError', 'authentication_unavailable', 'Authentication Unavailable'],
  },
} as const;

export type RefusalStatus = keyof typeof REFUSALS;

const HEADERS = {
  'WWW-Authenticate': {
    description: 'The schemes of the credentials that are asked for, with the fault of a token.',
    schema: { type: 'string' },
  },
  'Retry-After': {
    description: 'Seconds after which trying again makes sense.',
    required: true,
    schema: { type: 'integer', minimum: 0 },
  },
} as const;

const SECURITY_ERROR = {
  type: 'object',
  description: 'Why a request was refused.',
  required: ['name', 'code', 'message'],
  properties: {
    name: { type: 'string' },
    code: { type: 'string', description: 'Stable, for programs.' },
    message: { type: 'string', description: 'The same for each status.' },
  },
} as const;

/** The body of an error response: a text controller sends the message; a body from the app's own hook is unknown. */
export type RefusalBody = 'json' | 'text' | 'unknown';

/** The error responses to which operations refer. */
export class Refusals {
  readonly #responses = new Map<string, Json>();
  #hasJson = false;

  /** References to the responses, by status. */
  responses(statuses: readonly RefusalStatus[], body: RefusalBody): Readonly<Record<string, Json>> {
    return Object.fromEntries(statuses.map((status) => [String(status), this.#reference(status, body)]));
  }

  /** The components to which the references lead, by kind and name. */
  components(): Readonly<Record<'responses' | 'schemas', Json>> {
    return {
      responses: Object.fromEntries(this.#responses),
      schemas: this.#hasJson ? { SecurityError: SECURITY_ERROR } : {},
    };
  }

  #reference(status: RefusalStatus, body: RefusalBody): Json {
    const refusal = REFUSALS[status];
    const name = body === 'text' ? `${refusal.name}Text` : refusal.name;
    if (body === 'json') this.#hasJson = true;
    if (!this.#responses.has(name)) this.#responses.set(name, responseOf(refusal, body));
    return { $ref: `#/components/responses/${name}` };
  }
}

function responseOf(refusal: (typeof REFUSALS)[RefusalStatus], body: RefusalBody): Json {
  const { description, headers, example } = refusal;
  const content = contentOf(example, body);
  return {
    description,
    headers: Object.fromEntries(headers.map((name) => [name, HEADERS[name]])),
    ...(content !== undefined && { content }),
  };
}

function contentOf([name, code, message]: readonly string[], body: RefusalBody): Json | undefined {
  switch (body) {
    case 'json':
      return {
        'application/json': {
          schema: { $ref: '#/components/schemas/SecurityError' },
          example: { name, code, message },
        },
      };
    case 'text':
      return { 'text/plain': { schema: { type: 'string' }, example: message } };
    case 'unknown':
      return undefined;
  }
}
