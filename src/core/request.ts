import type { X509Certificate } from 'node:crypto';
import type { Action } from './exchange';

/** A request as providers, policies and hooks see it: the same on Koa and Express. */
export interface SecurityRequest {
  /** The request method as it was sent, for example `GET`. A method override header is ignored. */
  readonly method: string;
  /** The path as it was sent, undecoded, with the mount prefix and without the query. */
  readonly path: string;
  /** Path and query as they were sent. */
  readonly url: string;
  /** The matched route with its prefixes, for example `/notes/:id`; undefined outside an action. */
  readonly route: string | undefined;
  /** The client's address: the socket's, or the forwarded address if `trustProxy` covers the socket's. */
  readonly ip: string;
  /** True over TLS, or if a proxy that `trustProxy` covers reports TLS. */
  readonly secure: boolean;
  /**
   * The certificate whose key the client has proved to hold: of the connection or, with
   * `clientCertificateFrom: 'proxy'`, of the header `Client-Cert` (RFC 9440) from a proxy that `trustProxy` covers. Its
   * issuer has not been checked.
   */
  readonly clientCertificate: X509Certificate | undefined;
  /** Aborts when the component that received this request has passed its deadline, or the client has gone. */
  readonly signal: AbortSignal;
  /** The framework's own action, for code that needs Koa's context or Express' request. */
  readonly action: Action;
  /**
   * One header's value by its case-insensitive name.
   * @throws MalformedCredentialsError if `Authorization`, `DPoP` or `Client-Cert` was sent on several lines (RFC 9110
   * section 5.3)
   */
  header(name: string): string | undefined;
  /**
   * A cookie's value as it was sent, by its exact name. Undefined if the cookie was not sent, and if it was sent twice:
   * a sibling host can set cookies for the whole domain. @see RFC 6265 section 4.2
   */
  cookie(name: string): string | undefined;
}
