import { ContentType, Get } from 'routing-controllers';

/** An HTML page at a path. */
export function HtmlPage(path: string): MethodDecorator {
  return (target, key) => {
    ContentType('text/html; charset=utf-8')(target, key);
    Get(path)(target, key);
  };
}
