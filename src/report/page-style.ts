import { cssString } from './escape';

const COLOURS = {
  light:
    '--back:#fff;--text:#1b1d21;--quiet:#575c66;--line:#d4d7dd;--band:#f1f3f6;--yes:#0b6640;--depends:#7a4b00;--open:#b3261e;--focus:#0b57d0',
  dark: '--back:#15171b;--text:#e9ebef;--quiet:#aab0bb;--line:#3a3f48;--band:#20242a;--yes:#7fd6a6;--depends:#f0c36d;--open:#ff9c92;--focus:#9cc2ff',
};

/**
 * The page's only style sheet.
 * @param identities the columns after method, path and access; a narrow page names them in each row
 */
export function pageStyle(identities: readonly string[]): string {
  const labels = identities.map(
    (name, at) => `td:nth-child(${String(at + 4)})::after{content:${cssString(` ${name}`)}}`,
  );
  return `:root{color-scheme:light;${COLOURS.light}}
@media screen and (prefers-color-scheme:dark){:root{color-scheme:dark;${COLOURS.dark}}}
*{box-sizing:border-box}
body{margin:0;padding:1rem 1.5rem;background:var(--back);color:var(--text);font:15px/1.45 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .5rem}h2{font-size:1.1rem;margin:1.2rem 0 .3rem}
[hidden]{display:none!important}
:focus-visible{outline:3px solid var(--focus);outline-offset:1px}
button,input,select{font:inherit;color:inherit;background:var(--back);border:1px solid var(--quiet);border-radius:.3rem;padding:.3rem .6rem}
button[aria-pressed=true]{background:var(--text);color:var(--back)}
#tools{display:flex;flex-wrap:wrap;gap:.6rem;align-items:center;margin:.8rem 0}
#q{min-width:14rem}
p{margin:.3rem 0}.legend,.quiet{color:var(--quiet)}
table{border-collapse:collapse;width:100%}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;vertical-align:top;padding:.25rem .6rem;border-bottom:1px solid var(--line)}
thead th{position:sticky;top:0;background:var(--back);z-index:1}
tbody th{background:var(--band)}
td:nth-child(2),code{font-family:ui-monospace,monospace;font-size:.92em;overflow-wrap:anywhere}
td:nth-child(3){min-width:12rem}
summary{cursor:pointer}
details ul{margin:.2rem 0;padding-left:1.2rem;color:var(--quiet)}
td i{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.y::before{content:"\\25cf";content:"\\25cf" / "";color:var(--yes)}
.d::before{content:"\\25d0";content:"\\25d0" / "";color:var(--depends)}
.n::before{content:"\\b7";content:"\\b7" / "";color:var(--quiet)}
td.y:nth-child(4)::before{color:var(--open)}
td:nth-child(n+4){position:relative}
@media screen and (max-width:50rem){
body{padding:.8rem}thead{display:none}
table,tbody,tr,td,tbody th{display:block}
tr{padding:.4rem 0;border-bottom:1px solid var(--line)}
td{border:0;padding:.1rem .3rem}td:nth-child(3){min-width:0}
td:nth-child(n+4){display:inline-block;color:var(--quiet)}
#q,#as{min-width:0;width:100%}
${labels.join('\n')}
}
@media print{@page{size:A4 landscape;margin:12mm}body{padding:0;font-size:9pt}#tools{display:none!important}thead th{position:static}tr{break-inside:avoid}}
`;
}
