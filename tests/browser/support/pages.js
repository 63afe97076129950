// Every page, and who sees it: the one table for all checks of pages. A test compares it with the routes of the program.

/**
 * `route`: its pattern in the program's list of routes. `who`: kinds of visitors who see it. `target`: its address in a
 * world; by default the pattern itself. `status`: of the answer, 200 by default.
 */
const page = (name, route, who, target = () => route, status = 200) => ({ name, route, who, target, status });

const ALL = ["stranger", "person", "admin", "staff"];
const PEOPLE = ["person", "admin"];
const ADMIN = ["admin"];
const STAFF = ["staff"];
const STRANGER = ["stranger"];
const manage = (tab) => (world) => `/org/${world.org}/manage/${tab}`;
const link = (name) => (world) => world.links[name];

export const PAGES = [
  page("home", "/", ALL),
  page("docs", "/apidocs/", ["stranger", "person"]),
  page("nothing here", "/{nothing}", ALL, () => "/no/such/page", 404),

  page("search", "/search", ["stranger", "person"]),
  page("search, results", "/search", ["stranger", "person"], () => "/search?q=zurich"),
  page("search, nothing found", "/search", ["stranger"], () => "/search?q=qqqqqqqq"),
  page("search, near", "/search", ["stranger"], () => "/search?q=fac+near+zurich"),
  page("about", "/about", ["stranger", "person"]),
  page("terms, none", "/terms", ["stranger"], () => "/terms", 404),
  page("terms, none, by the reference's name", "/aup", ["stranger"], () => "/aup", 404),
  page("privacy, none", "/privacy", ["stranger"], () => "/privacy", 404),
  page("imprint, none", "/imprint", ["stranger"], () => "/imprint", 404),
  page("map", "/map", ALL),
  page("map, close", "/map", ["stranger"], () => "/map?z=7&at=47.4,8.5&kind=fac"),
  page("map, nothing found", "/map", ["stranger"], () => "/map?q=qqqqqqqq"),
  page("statistics", "/statistics", ALL),
  page("guides", "/docs/", ["stranger", "person"]),
  page("guides, search", "/docs/", ["stranger"], () => "/docs/?q=key"),
  page("guide", "/docs/{name}", ["stranger", "person"], () => "/docs/keys"),
  page("guide, tables", "/docs/{name}", ["stranger"], () => "/docs/settings"),
  page("history", "/net/{id}/history", ALL, () => "/net/1/history"),
  page("search, by the reference's name", "/search/v2", ["stranger"], () => "/search/v2?q=zurich"),
  page("network, by its number in the query", "/net", ["stranger"], ({ asns }) => `/net?asn=${asns[0]}`),
  page("history of an exchange", "/ix/{id}/history", ["stranger"], () => "/ix/1/history"),
  page("history of an organization", "/org/{org}/history", ["stranger"], () => "/org/1/history"),
  page("history of a carrier", "/carrier/{id}/history", ["stranger"], () => "/carrier/1/history"),
  page("history of a campus", "/campus/{id}/history", ["stranger"], () => "/campus/1/history"),
  page("history of a facility", "/fac/{id}/history", ["stranger"], () => "/fac/1/history"),
  page("network, as it was", "/net/{id}", ["stranger"], () => "/net/1?at=2100-01-01"),
  page("network", "/net/{id}", ALL, () => "/net/1"),
  page("network, by AS number", "/asn/{asn}", ["stranger"], ({ asns }) => `/asn/${asns[0]}`),
  page("network, filtered", "/net/{id}", ["stranger"], () => "/net/1?table=ports&q=zx&sort=-speed"),
  page("exchange", "/ix/{id}", ALL, () => "/ix/1"),
  page("facility", "/fac/{id}", ALL, () => "/fac/1"),
  page("organization", "/org/{org}", ALL, () => "/org/1"),
  page("carrier", "/carrier/{id}", ALL, () => "/carrier/1"),
  page("campus", "/campus/{id}", ALL, () => "/campus/1"),

  page("advanced search", "/advanced_search", ALL),
  page("advanced search, exchanges", "/advanced_search", ["stranger"], () => "/advanced_search?reftag=ix&country__in=DE,NL&cols=name,city&sort=-city"),
  page("advanced search, facilities", "/advanced_search", ["stranger", "admin"], () => "/advanced_search?reftag=fac"),
  page("advanced search, refused", "/advanced_search", ["stranger"], () => "/advanced_search?reftag=ix&net__in=nobody&capacity__gte=x", 400),
  page("compare", "/compare", ALL),
  page("compare networks", "/compare", ["stranger"], ({ asns }) => `/compare?asn=${asns}&show=any`),
  page("compare networks, as a list", "/compare", ["stranger"], ({ asns }) => `/compare?asn=${asns}&show=any&view=list`),
  page("compare exchanges", "/compare", ["stranger"], () => "/compare?ix=1,2&show=any"),
  page("compare, new peers", "/compare", ["stranger"], () => "/compare?net=1&ix=1"),

  page("edit a network", "/edit/{kind}/{id}", ADMIN, ({ net }) => `/edit/net/${net}`),
  page("edit an exchange and its LAN", "/edit/{kind}/{id}", ADMIN, ({ ix }) => `/edit/ix/${ix}`),
  page("edit an organization", "/edit/{kind}/{id}", ADMIN, ({ org }) => `/edit/org/${org}`),
  page("edit the ports of a network", "/edit/{kind}/{id}/{list}", ADMIN, ({ net }) => `/edit/net/${net}/ports`),
  page("edit the contacts of a network", "/edit/{kind}/{id}/{list}", ADMIN, ({ net }) => `/edit/net/${net}/contacts`),
  page("edit the exchange's side of ports", "/edit/{kind}/{id}/{list}", ADMIN, ({ ix }) => `/edit/ix/${ix}/peers`),
  page("edit the prefixes of an exchange", "/edit/{kind}/{id}/{list}", ADMIN, ({ ix }) => `/edit/ix/${ix}/prefixes`),
  page("imports of an exchange", "/ix/{id}/import", ADMIN, ({ ix }) => `/ix/${ix}/import`),
  page("proposals of an exchange", "/ix/{id}/proposals", ADMIN, ({ ix }) => `/ix/${ix}/proposals`),
  page("proposals to a network", "/net/{id}/proposals", ADMIN, ({ net }) => `/net/${net}/proposals`),
  page("renumber an exchange", "/ix/{id}/renumber", ADMIN, ({ ix }) => `/ix/${ix}/renumber`),
  page("check a member list", "/ixf/validate", ["stranger", "person"]),
  page("edit without permission", "/edit/{kind}/{id}", ["person"], () => "/edit/net/1", 403),
  page("delete a network", "/delete/{kind}/{id}", ADMIN, ({ net }) => `/delete/net/${net}`),
  page("undo", "/undo/{sequence}", ADMIN, link("undo")),
  page("add a network", "/add/{org}/{kind}", ADMIN, ({ org }) => `/add/${org}/net`),
  page("add an exchange", "/add/{org}/{kind}", ADMIN, ({ org }) => `/add/${org}/ix`),

  page("register", "/register", STRANGER),
  page("confirm", "/accounts/confirm-email/{word}/", STRANGER, link("confirm")),
  page("link refused", "/accounts/confirm-email/{word}/", ["stranger", "person"], () => "/accounts/confirm-email/wrong/", 400),
  page("forgotten password", "/reset-password", STRANGER),
  page("new password", "/reset-password", STRANGER, link("reset")),
  page("forgotten name", "/username-retrieve", STRANGER),
  page("name", "/username-retrieve/complete", STRANGER, link("names")),
  page("key contact refused", "/account/key-contact", STRANGER, () => "/account/key-contact?token=x.y", 400),
  page("lost factor", "/account/recover/", STRANGER),
  page("lost factor, an address", "/account/recover/address", STRANGER, link("address")),
  page("lost factor, stop", "/account/recover/stop", STRANGER, link("stop")),
  page("lost factor, end", "/account/recover/finish", STRANGER, link("finish")),

  page("log in", "/account/login/", STRANGER),
  page("second step", "/account/login/", ["half"]),
  page("verify again", "/account/confirm/", PEOPLE),
  page("security", "/account/two_factor/", ["newcomer", "person", "admin"]),
  page("add an app", "/account/two_factor/setup/", ["newcomer", "person"]),
  page("backup codes", "/account/two_factor/backup/tokens/", PEOPLE),
  page("sessions", "/account/sessions/", PEOPLE),

  page("profile", "/profile", PEOPLE),
  page("profile, verify", "/verify", ["person"]),
  page("own keys", "/profile/keys", PEOPLE),
  page("own key", "/profile/key/{key}", ["person"], (world) => `/profile/key/${world.ownKey.id}`),
  page("join", "/affiliate", PEOPLE),
  page("join, an organization", "/affiliate-to-org", ["person"], (world) => `/affiliate-to-org?org=${world.org}`),
  page("requests", "/requests", PEOPLE),
  page("suggest a facility", "/suggest/{kind}", PEOPLE, () => "/suggest/fac"),
  page("own an organization", "/request-ownership", ["person"], (world) => `/request-ownership?id=${world.unowned}`),
  page("leave", "/remove-affiliation/", ["member"], (world) => `/remove-affiliation/?org_id=${world.org}`),
  page("invitation", "/invitation/{id}/{code}", ["person"], link("invitation")),
  page("invitation gone", "/invitation/{id}/{code}", ["person"], () => "/invitation/1/wrong", 404),

  page("people", "/org/{org}/manage", ADMIN, (world) => `/org/${world.org}/manage`),
  page("people, by tab", "/org/{org}/manage/people", ADMIN, manage("people")),
  page("rights", "/org/{org}/manage/rights", ADMIN, manage("rights")),
  page("rights of a person", "/org/{org}/manage/rights", ADMIN, (world) => `/org/${world.org}/manage/rights?of=user.${world.numbers.mia}`),
  page("rights of a role", "/org/{org}/manage/rights", ADMIN, (world) => `/org/${world.org}/manage/rights?of=role.${world.role}`),
  page("roles", "/org/{org}/manage/roles", ["admin", "member"], manage("roles")),
  page("keys", "/org/{org}/manage/keys", ADMIN, manage("keys")),
  page("key", "/org/{org}/manage/key/{key}", ADMIN, (world) => `/org/${world.org}/manage/key/${world.key.id}`),
  page("hygiene", "/org/{org}/manage/hygiene", ADMIN, manage("hygiene")),
  page("trail", "/org/{org}/manage/audit", ADMIN, manage("audit")),
  page("trail, nothing found", "/org/{org}/manage/audit", ADMIN, (world) => `/org/${world.org}/manage/audit?from=2001-01-01&to=2001-01-02`),
  page("policy", "/org/{org}/manage/policy", ADMIN, manage("policy")),

  page("staff queue", "/staff", STAFF),
  page("staff, review", "/staff/look", STAFF, (world) => `/staff/look?what=fac.${world.waiting}`),
  page("staff accounts", "/staff/users", STAFF),
  page("staff accounts, one", "/staff/users", STAFF, () => "/staff/users?q=paula"),
  page("staff recoveries", "/staff/recoveries", STAFF),
  page("staff ranks", "/staff/ranks", STAFF),
  page("staff undo", "/staff/undo", STAFF),
  page("staff undo, refused", "/staff/undo", STAFF, () => "/staff/undo?key=nobody&day=2026-01-01", 400),

  page("consent", "/oauth2/authorize/", ["member"], (world) => world.consent()),
  page("consent refused", "/oauth2/authorize", ["member"], (world) => world.consent({ redirect_uri: "https://evil.example/" }).replace("/?", "?"), 400),
  page("consent, by discovery", "/oauth2/openid/authorize/", ["member"], (world) => world.consent().replace("/oauth2/authorize/", "/oauth2/openid/authorize/")),
  page("log out of a site", "/oauth2/logout/", ["admin"], (world) => `/oauth2/logout/?client_id=${world.client}`),
  page("applications", "/oauth2/applications/", PEOPLE),
  page("register an application", "/oauth2/applications/register/", PEOPLE),
  page("application", "/oauth2/applications/{client}/", ADMIN, (world) => `/oauth2/applications/${world.client}/`),
  page("sites", "/oauth2/authorized_tokens/", PEOPLE),
];

/** Routes that answer a GET but are not pages: files, probes, data, the API, redirects to a page. */
export const NO_PAGES = [
  "/apidocs", "/login", "/account/resume/",
  "/static/", "/robots.txt", "/sitemap.xml", "/sitemap/", "/healthz", "/healthcheck", "/readyz", "/metrics", "/dumps/", "/media/", "/data/", "/export/",
  "/api", "/.well-known/", "/oauth2/.well-known/", "/oauth2/jwks", "/oauth2/userinfo", "/profile/v1",
  "/org_admin/", "/import/",
];

/** Whether a route is not a page: it is one of these, or below one that ends with a slash. */
export function isNoPage(route) {
  // The own object of a visitor: a redirect.
  return /^\/\w+\/self\/?$/.test(route) || NO_PAGES.some((one) => route === one || route.startsWith(one.endsWith("/") ? one : `${one}/`) || route === `${one}_search`);
}
