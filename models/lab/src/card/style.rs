//! The page's style: light and dark by the reader's choice, readable on a phone, nothing from outside.

/// Cascading style sheet.
pub const STYLE: &str = "
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--panel:#f6f8fa;--first:#0b5cad;
--second:#a8470b;--good:#1a6b34;--warn:#8a5a00;--bad:#b3261e}
@media (prefers-color-scheme:dark){:root{--paper:#12161b;--ink:#e6edf3;--soft:#9da7b1;--line:#343b44;--panel:#1b2129;
--first:#6cb0ff;--second:#ffab70;--good:#6fd08c;--warn:#e8bb55;--bad:#ff8f87}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,'Segoe UI',sans-serif}
main{max-width:68rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .4rem}
h2{font-size:1.45rem;margin:3rem 0 .6rem;padding-top:1.2rem;border-top:1px solid var(--line)}
h2.first{margin:1.2rem 0 .4rem;padding:0;border:0;font-size:1.2rem}
h3{font-size:1.1rem;margin:2rem 0 .5rem}
p,ul{margin:.5rem 0;max-width:48rem}
li{margin:.35rem 0}
a{color:var(--first)}
.lead{font-size:1.1rem;max-width:52rem}
.note{color:var(--soft);font-size:.9rem}
.promise{background:var(--panel);border-left:4px solid var(--first);padding:.8rem 1rem;margin:1.2rem 0;max-width:52rem}
.promise p{margin:.2rem 0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1rem;margin:1rem 0;padding:0;
list-style:none;max-width:none}
.cards li{border:1px solid var(--line);border-top:4px solid var(--soft);border-radius:4px;padding:.8rem 1rem;margin:0}
.cards h3{margin:0 0 .2rem}
.cards p{font-size:.95rem}
.cards .sound{border-top-color:var(--good)}.cards .caution{border-top-color:var(--warn)}
.cards .do_not_use{border-top-color:var(--bad)}
.tag{font-weight:600}
.tag.sound{color:var(--good)}.tag.caution{color:var(--warn)}.tag.do_not_use{color:var(--bad)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1.2rem;margin:1rem 0}
figure{margin:0}
figcaption{font-weight:600;font-size:.95rem;margin-bottom:.3rem}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--ink);font-size:14px}
svg text.label{fill:var(--soft)}svg text.small{fill:var(--soft);font-size:13px}
.grid{stroke:var(--line);stroke-width:1}
.line{fill:none;stroke-width:2.2;stroke-linejoin:round}
.line.first{stroke:var(--first)}.line.second{stroke:var(--second);stroke-dasharray:6 4}
.line.guide{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:2 3}
.band{opacity:.2}.band.first{fill:var(--first)}.band.second{fill:var(--second)}
.dot{fill:var(--first)}.whisker{stroke:var(--first);stroke-width:1.6}
.upright{stroke:var(--second);stroke-width:1.4;stroke-dasharray:4 3}
.shade{fill:var(--soft);opacity:.13}
.key{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;font-size:.9rem;color:var(--soft);margin:.2rem 0}
.key span::before{content:'';display:inline-block;width:1.6em;border-top:2.5px solid var(--first);margin-right:.4em;
vertical-align:middle}
.key .second::before{border-top:2.5px dashed var(--second)}
.key .guide::before{border-top:1.5px dotted var(--soft)}
.scroll{overflow-x:auto;margin:0 0 .8rem}
.scroll:focus-visible{outline:2px solid var(--first)}
table{border-collapse:collapse;font-size:.92rem;min-width:100%}
.caption{font-weight:600;margin:1.2rem 0 .2rem}
th,td{padding:.35rem .7rem .35rem 0;text-align:left;vertical-align:top;border-bottom:1px solid var(--line);
font-variant-numeric:tabular-nums}
thead th{color:var(--soft);font-weight:600;vertical-align:bottom}
tbody th{font-weight:500}
td.wide{min-width:14rem}
svg.bar{width:7rem;height:.6rem;fill:var(--first);margin-top:.45rem}
svg.range{width:9rem;height:auto;margin-top:.25rem}
details{margin:.8rem 0}
summary{cursor:pointer;font-weight:600}
dl{display:grid;grid-template-columns:minmax(9rem,max-content) 1fr;gap:.3rem 1rem;font-size:.92rem}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
code{font:.9em ui-monospace,Menlo,Consolas,monospace}
nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;padding:0;max-width:none}
@media (max-width:32rem){main{padding:1rem .9rem 3rem}h1{font-size:1.5rem}dl{grid-template-columns:1fr;gap:.1rem}
dd{margin-bottom:.5rem}.lead{font-size:1rem}th,td{min-width:7.2rem}}
@media print{.scroll{overflow:visible}h2{break-after:avoid}figure,tr,.cards li{break-inside:avoid}}
";
