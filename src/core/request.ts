import type { X509Certificate } from 'node:crypto';
import type { Action } from './exchange';

/** A request as providers, policies and hooks see it: the same on Koa and Express. */
export interface SecurityRequest {
  /** The request method as it was sent, for example `GET`. A method override header is not looked at. */
  readonly method: string;
  /** The path as it was sent, undecoded, with the mount prefix and without the query. */
  readonly path: string;
  /** Path and query as they were sent. */
  readonly url: string;
  /** The matched route with its prefixes, for example `/notes/:id`; undefined outside an action. */
  readonly route: string | undefined;
  /** The client's address: the socket's, or the forwarded one where `trustProxy` covers the socket's. */
  readonly ip: string;
  /** True over TLS, or when a proxy that `trustProxy` covers says so. */
  readonly secure: boolean;
  /**
   * The certificate that the client has proved to have: of the connection or, with `clientCertificateFrom: 'proxy'`, of
   * the header `Client-Cert` (RFC 9440) from a proxy that `trustProxy` covers. Nobody has checked who issued it.
   */
  readonly clientCertificate: X509Certificate | undefined;
  /** Aborts when whoever was handed this request has passed its deadline, or the client has gone. */
  readonly signal: AbortSignal;
  /** The host's own action, for those who need Koa's context or Express' request. */
  readonly action: Action;
  /**
   * One header's value by its case-insensitive name.
   * @throws MalformedCredentialsError when `Authorization`, `DPoP` or `Client-Cert` came on several lines (RFC 9110
   * section 5.3)
   */
  header(name: string): string | undefined;
  /**
   * A cookie's value as it was sent, by its exact name; undefined where it did not come, and where it came twice: a sibling
   * host can set cookies for the whole domain. @see RFC 6265 section 4.2
   */
  cookie(name: string): string | undefined;
}
