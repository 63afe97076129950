// Texts that run as scripts if a page does not escape them: one for each position in HTML (after OWASP's list).

export const INJECTIONS = [
  "<script>alert(1)</script>",
  "\"><script>alert(1)</script>",
  "'><img src=x onerror=alert(1)>",
  "<svg/onload=alert(1)>",
  "\" autofocus onfocus=alert(1) x=\"",
  "javascript:alert(1)",
  "</title><script>alert(1)</script>",
  "</textarea><script>alert(1)</script>",
  "<iframe srcdoc='<script>parent.alert(1)</script>'>",
  "<a href=\"jav&#x09;ascript:alert(1)\">x</a>",
  "{{7*7}}${7*7}<%= 7*7 %>",
  "<math><mtext><table><mglyph><style><img src onerror=alert(1)>",
  "\u202e<b>turned</b>",
  "<body onload=alert(1)>",
  "&lt;script&gt;alert(1)&lt;/script&gt;",
  "<!--<img src=\"--><img src=x onerror=alert(1)//\">",
  "<details open ontoggle=alert(1)>",
  "<base href=\"https://evil.example/\">",
  "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
  "<form action=https://evil.example/><button>x",
];

/** All of them in a few texts, for what takes long with each of them. */
export const COMBINED = [0, 1, 2].map((part) => INJECTIONS.filter((_, at) => at % 3 === part).join(" "));
