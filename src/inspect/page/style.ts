/** The style sheet of the page, for light and dark, screen and paper. */
export const STYLE = `
:root { color-scheme: light dark; --page: #f6f7f9; --card: #ffffff; --ink: #171a1f; --pale: #596373; --line: #dfe3e9;
  --accent: #2457c5; --held-out: #b3620a; --good: #1b7f4b; --bad: #b3261e; --warn: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --page: #0e1116; --card: #171b22; --ink: #e9ecf1; --pale: #9eabbc;
  --line: #2a313b; --accent: #82aaff; --held-out: #f0a95a; --good: #5fcf97; --bad: #ff8a80; --warn: #f2c161; } }
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--page); color: var(--ink);
  font: 16px/1.55 Inter, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
.skip { position: absolute; left: -999px; } .skip:focus { left: 1rem; top: 1rem; background: var(--card); padding: .5rem 1rem; }
header, main, footer { max-width: 1080px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 48px; }
h1 { font-size: 2.4rem; line-height: 1.15; letter-spacing: -.02em; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.4rem; letter-spacing: -.01em; margin: 56px 0 16px; }
h3 { font-size: 1.05rem; margin: 0; overflow-wrap: anywhere; }
a { color: var(--accent); } :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
.lead { font-size: 1.1rem; color: var(--pale); margin: 0; } .origin { color: var(--pale); font-size: .875rem; margin: .25rem 0 0; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 20px; list-style: none; padding: 0; margin: 20px 0 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 12px; margin: 28px 0 0; padding: 0; list-style: none; }
.tiles li, .card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tiles li { padding: 14px 16px; } .tiles b { display: block; font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; }
.tiles span { color: var(--pale); font-size: .875rem; } .tiles .bad b { color: var(--bad); } .tiles .warn b { color: var(--warn); } .tiles .good b { color: var(--good); }
.card { padding: 20px; margin: 0 0 16px; } .card > :last-child { margin-bottom: 0; }
.finding { border-left: 4px solid var(--warn); } .finding.bad { border-left-color: var(--bad); }
.fine { border-left: 4px solid var(--good); }
.advice { color: var(--pale); margin: 4px 0 0; } dl + .advice { margin-top: 14px; }
.cases { list-style: none; padding: 0; margin: 16px 0 0; display: flex; flex-wrap: wrap; align-items: flex-start; gap: 20px; }
.cases li { max-width: 100%; } .cases li:not([style]) { width: 100%; } .cases li:not([style]) + li:not([style]) { margin-top: -14px; }
.cases p { margin: 8px 0 0; overflow-wrap: anywhere; } .cases img { width: 100%; } .cases li[style] p { font-size: .875rem; line-height: 1.4; } .cases.names { font-size: .875rem; }
details { margin-top: 14px; } summary { cursor: pointer; color: var(--accent); }
img { display: block; max-width: 100%; height: auto; border-radius: 10px; background: #12151a; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--pale); font-size: .875rem; padding-bottom: 8px; }
th, td { text-align: left; padding: 7px 12px 7px 0; border-top: 1px solid var(--line); vertical-align: middle; }
thead td { border-top: 0; } thead th { border-top: 0; font-size: .8125rem; color: var(--pale); font-weight: 600; }
tbody th { font-weight: 500; overflow-wrap: anywhere; } .number { text-align: right; width: 6.5rem; } .bars { width: 45%; padding-right: 0; }
.bar { display: block; height: 8px; min-width: 1px; border-radius: 4px; background: var(--accent); } .bar + .bar { margin-top: 3px; background: var(--held-out); }
.key i { display: inline-block; width: .75em; height: .75em; border-radius: 3px; background: var(--accent); margin: 0 .35em 0 0; } .key i + i, .key .held { background: var(--held-out); margin-left: 1em; }
.scroll { overflow-x: auto; } .columns { display: grid; grid-template-columns: repeat(auto-fit, minmax(340px, 1fr)); gap: 16px; }
.columns .card { margin: 0; } dl { display: grid; grid-template-columns: max-content 1fr; gap: 8px 16px; margin: 0; } dt { color: var(--pale); } dd { margin: 0; }
code { font: .875em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
.swatch { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .5em; }
.sheet { margin: 0 0 28px; scroll-margin-top: 16px; } .sheet figcaption { display: flex; flex-wrap: wrap; gap: 0 12px; align-items: baseline; margin-bottom: 8px; }
.sheet figcaption span { color: var(--pale); font-size: .875rem; }
footer { color: var(--pale); font-size: .875rem; padding-top: 40px; padding-bottom: 56px; } footer p { max-width: 75ch; }
@media (max-width: 640px) { header { padding-top: 28px; } h1 { font-size: 1.8rem; } .bars { display: none; } .columns { grid-template-columns: 1fr; } }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
@media print { body { background: none; } nav, .skip { display: none; } .card, .sheet { break-inside: avoid; } }
`;
