/** The card's looks, light and dark from one set of colours. */

export const STYLE = `
:host{display:block;color-scheme:light dark;container-type:inline-size;
--card:light-dark(#fff,#16181d);--line:light-dark(#e8eaee,#2a2e37);--text:light-dark(#16181d,#eceef2);
--soft:light-dark(#626a79,#98a1b2);--fill:light-dark(#f5f6f8,#1f232b);--focus:light-dark(#2f62e0,#8fb0ff);
--low:light-dark(#1d8a55,#46c986);--medium:light-dark(#b07a00,#eab53f);--high:light-dark(#d0590f,#ff9352);
--critical:light-dark(#cf2337,#ff6b7c);
font:14px/1.4 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;color:var(--text)}
:host([theme=light]){color-scheme:light}:host([theme=dark]){color-scheme:dark}
:host([hidden]),[hidden]{display:none!important}*{box-sizing:border-box}
.card{background:var(--card);border:1px solid var(--line);border-radius:14px;overflow:hidden}
header{display:flex;align-items:center;gap:8px;padding:16px 18px;flex-wrap:wrap}
.dot{width:9px;height:9px;border-radius:50%;background:var(--soft);margin-right:4px}
[data-state=open] .dot{background:var(--low);animation:pulse 2s infinite}
[data-state=away] .dot{background:var(--medium)}[data-state=refused] .dot{background:var(--critical)}
.count{font-size:26px;line-height:1;font-weight:680;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
.unit{color:var(--soft);margin-right:6px}
.status{margin-left:auto;color:var(--soft);font-size:12.5px}
.chip,.tag{font-size:11.5px;line-height:1;font-weight:600;padding:4px 7px;border-radius:99px;background:var(--fill);color:var(--soft);white-space:nowrap}
.risky,.bad{color:var(--critical);background:color-mix(in srgb,var(--critical) 12%,transparent)}
.good{color:var(--low);background:color-mix(in srgb,var(--low) 13%,transparent)}
.tag.calm{color:var(--focus);background:color-mix(in srgb,var(--focus) 12%,transparent)}
.list,.reasons,.way{list-style:none;margin:0;padding:0}
.row{border-top:1px solid var(--line)}
.line{all:unset;box-sizing:border-box;display:grid;grid-template-columns:38px minmax(0,1fr) auto 10px;gap:14px;align-items:center;width:100%;padding:11px 18px;cursor:pointer}
.line:hover{background:var(--fill)}
:is(.line,.further):focus-visible{outline:2px solid var(--focus);outline-offset:-2px;border-radius:8px}
[data-level=low]{--level:var(--low)}[data-level=medium]{--level:var(--medium)}[data-level=high]{--level:var(--high)}[data-level=critical]{--level:var(--critical)}
.score{display:grid;place-items:center;width:38px;height:38px;border-radius:50%;font-weight:650;font-size:13px;font-variant-numeric:tabular-nums;color:var(--level,var(--soft));
background:radial-gradient(closest-side,var(--card) calc(100% - 4px),#0000 calc(100% - 3px)),conic-gradient(var(--level,var(--soft)) calc(var(--score)*1%),var(--line) 0)}
.title,.sub,.figures{min-width:0}.title{display:grid;gap:2px}
.where{display:flex;align-items:center;gap:7px;min-width:0}
.page{font-weight:600;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.tag{flex:none}
.sub{display:flex;align-items:center;gap:6px;color:var(--soft);font-size:12.5px}
.about{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.flag{flex:none}.code{font-size:10px;line-height:1.1;font-weight:700;padding:3px 4px;border-radius:4px;background:var(--fill);border:1px solid var(--line)}
.figures{display:grid;justify-items:end;gap:2px;font-variant-numeric:tabular-nums}
.basket{font-weight:600}time{color:var(--soft);font-size:12.5px;white-space:nowrap}
.arrow{width:7px;height:7px;border:solid var(--soft);border-width:0 1.5px 1.5px 0;transform:translateY(-2px) rotate(45deg);transition:transform .15s}
[aria-expanded=true] .arrow{transform:translateY(2px) rotate(225deg)}
.more{display:grid;grid-template-columns:1fr 1fr;gap:14px 28px;padding:14px 18px 20px 70px}
h3{margin:0 0 6px;font-size:12px;font-weight:600;color:var(--soft)}
.more section:first-child{grid-row:span 2}
.reasons{display:grid;gap:6px}.reasons li{display:flex;gap:9px}.patterns{color:var(--soft);margin-top:8px}.reasons b{flex:none;min-width:30px;text-align:right;font-variant-numeric:tabular-nums}
.raises b{color:var(--level)}.lowers b{color:var(--low)}.none,.facts{color:var(--soft)}.facts{margin:0}
.way{display:flex;flex-wrap:wrap;gap:5px}.way li{font-size:12px;line-height:1;padding:5px 8px;border-radius:6px;background:var(--fill)}
.way li.bad,.way li.good{font-weight:600}
.way .bad{background:color-mix(in srgb,var(--critical) 12%,transparent)}.way .good{background:color-mix(in srgb,var(--low) 13%,transparent)}
.note{display:grid;justify-items:center;gap:12px;margin:0;padding:34px 24px 40px;border-top:1px solid var(--line);color:var(--soft);text-align:center}
.note svg{width:34px;fill:none;stroke:currentColor;stroke-width:1.3;stroke-linejoin:round;opacity:.6}
[data-state=refused] .note{color:var(--critical)}
[data-state=away] .list{opacity:.55}
.further{all:unset;box-sizing:border-box;width:100%;padding:13px;text-align:center;border-top:1px solid var(--line);color:var(--soft);font-weight:550;cursor:pointer}
.further:hover{background:var(--fill);color:var(--text)}
.new>.line{animation:news 1.6s ease-out}
@keyframes news{from{background:color-mix(in srgb,var(--focus) 16%,transparent)}}
@keyframes pulse{0%{box-shadow:0 0 0 0 color-mix(in srgb,var(--low) 55%,transparent)}70%,100%{box-shadow:0 0 0 8px #0000}}
@container (max-width:560px){[data-state=open] .status{display:none}.where{flex-wrap:wrap;gap:2px 7px}.more{grid-template-columns:1fr;padding-left:18px}.line{gap:11px;padding:11px 14px}header{padding:14px}}
@media (prefers-reduced-motion:reduce){*{animation:none!important;transition:none!important}}
`;
