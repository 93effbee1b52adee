/**
 * The page's only script. It only hides rows: without it the page shows everything. The filters are part of the
 * address, after `#`, so that a view can be linked.
 */
export const PAGE_SCRIPT = `'use strict';
(() => {
  const byId = (id) => document.getElementById(id);
  const search = byId('q'), as = byId('as'), status = byId('status');
  const kinds = [...document.querySelectorAll('button[data-kind]')];
  const rows = [...document.querySelectorAll('tr[data-k]')];
  const texts = rows.map((row) => [...row.cells].slice(0, 3).map((cell) => cell.textContent).join(' ').toLowerCase());
  const groups = [...document.querySelectorAll('tbody')];
  const names = groups.map((group) => group.querySelector('th').textContent.toLowerCase());
  let kind = '';
  const show = () => {
    const words = search.value.toLowerCase().split(/\\s+/).filter(Boolean);
    const column = as.selectedIndex - 1;
    let count = 0;
    rows.forEach((row, at) => {
      const name = names[groups.indexOf(row.parentElement)];
      const fits =
        words.every((word) => texts[at].includes(word) || name.includes(word)) &&
        (kind === '' || row.dataset.k.split(' ').includes(kind)) &&
        (column < 0 || row.cells[column + 3].className !== 'n');
      row.hidden = !fits;
      if (fits) count += 1;
    });
    for (const group of groups) group.hidden = ![...group.rows].some((row) => row.dataset.k && !row.hidden);
    for (const button of kinds) button.setAttribute('aria-pressed', String(button.dataset.kind === kind));
    status.textContent = count + ' of ' + rows.length + ' routes';
  };
  const keep = () => {
    const state = new URLSearchParams();
    if (search.value) state.set('q', search.value);
    if (kind) state.set('kind', kind);
    if (as.selectedIndex > 0) state.set('as', as.value);
    history.replaceState(null, '', '#' + state);
    show();
  };
  const read = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    search.value = state.get('q') || '';
    kind = kinds.some((button) => button.dataset.kind === state.get('kind')) ? state.get('kind') : '';
    as.value = state.get('as') || '';
    if (as.selectedIndex < 0) as.selectedIndex = 0;
    show();
  };
  search.addEventListener('input', keep);
  as.addEventListener('change', keep);
  for (const button of kinds)
    button.addEventListener('click', () => {
      kind = kind === button.dataset.kind ? '' : button.dataset.kind;
      keep();
    });
  addEventListener('hashchange', read);
  addEventListener('keydown', (event) => {
    const isTyping = /^(?:INPUT|SELECT)$/.test(event.target.tagName);
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      search.focus();
    } else if (event.key === 'Escape' && event.target === search) {
      search.value = '';
      keep();
    }
  });
  byId('tools').hidden = false;
  read();
})();
`;
