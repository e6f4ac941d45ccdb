// The simulator's own page: reads and writes the control API, nothing else.
"use strict";
(() => {
  const API = "/_control/v1";
  const byId = (id) => document.getElementById(id);
  const encode = encodeURIComponent;

  // Building

  const add = (node, children) => {
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== undefined && child !== false) node.append(child);
    }
    return node;
  };
  const el = (tag, props, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(props || {})) {
      if (name.startsWith("on")) value && node.addEventListener(name.slice(2), value);
      else if (typeof value === "boolean") node.toggleAttribute(name, value);
      else if (value !== undefined) node.setAttribute(name, value);
    }
    return add(node, children);
  };
  const t = (zh, en) => [el("span", { lang: "zh-CN" }, zh), " ", el("span", { lang: "en" }, en)];
  const button = (key, text, act, props) =>
    el("button", { type: "button", "data-key": key, onclick: act, ...props }, text);
  const labelled = (text, control) => el("label", null, el("span", null, text), control);
  const options = (list, chosen) =>
    list.map(([value, ...text]) => el("option", { value, selected: value === chosen }, text.join(" ")));
  const select = (key, list, chosen, change) =>
    el("select", { name: key, "data-key": key, onchange: change && ((event) => change(event.target.value)) },
      options(list, chosen));
  const form = (submit, ...children) =>
    el("form", {
      class: "row",
      oninput: (event) => { event.target.dataset.typed = ""; },
      onsubmit: (event) => {
        event.preventDefault();
        for (const field of event.target.elements) delete field.dataset.typed;
        submit(Object.fromEntries(new FormData(event.target)), event.target);
      },
    }, children);

  // Whoever types or tabs keeps the place, though the list is drawn anew.
  const shown = {};
  const draw = (id, data, render) => {
    const text = JSON.stringify(data);
    const place = byId(id);
    if (!place || shown[id] === text) return;
    // What is half typed is not taken away: the next time will do.
    if (place.querySelector("[data-typed]:focus")) return;
    const inside = place.contains(document.activeElement) && document.activeElement;
    const key = inside && inside.dataset.key;
    shown[id] = text;
    const open = [...place.querySelectorAll("details[open]")].map((it) => it.dataset.key);
    place.replaceChildren(...add(el("div"), [render(data)]).childNodes);
    for (const details of place.querySelectorAll("details")) {
      details.open = open.includes(details.dataset.key);
    }
    if (key) place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus();
  };

  // Talking

  const say = (text) => { byId("said").textContent = text; };
  const call = async (method, path, body) => {
    const headers = {};
    const token = sessionStorage.getItem("token");
    if (token) headers.authorization = `Bearer ${token}`;
    if (method !== "GET") headers["content-type"] = "application/json";
    const answer = await fetch(path.startsWith("/sns") ? path : API + path, {
      method, headers, body: body && JSON.stringify(body), cache: "no-store",
    });
    const json = await answer.json();
    if (answer.status === 401) byId("token").hidden = false;
    if (!answer.ok) throw new Error(json.error.message);
    return json;
  };
  const act = async (method, path, body) => {
    try {
      await call(method, path, body);
      say("");
      await refresh();
      return true;
    } catch (error) {
      // What was switched on the page did not happen.
      for (const id of ["people", "switches", "accounts"]) delete shown[id];
      await refresh();
      say(error.message);
      return false;
    }
  };

  // One account, or all

  let appid = new URLSearchParams(location.search).get("appid") || "";
  const query = () => (appid ? `?appid=${encode(appid)}` : "");
  const scoped = (body) => (appid ? { appid, ...body } : body);

  let people = [];
  let accounts = [];
  const nameOf = (person) => person.name || "（没有昵称 no nickname）";
  const picture = (person) => el("img", { src: `/mmopen/vi_32/${encode(person.id)}/64`, alt: "" });

  const snippets = (account, origin) => {
    const values = [["WECHAT_OPEN_URL", origin], ["WECHAT_API_URL", origin],
      ["WECHAT_APPID", account.appid], ["WECHAT_SECRET", account.secret]];
    const lines = (write) => values.map(([name, value]) => write(name, value)).join("\n");
    return {
      shell: lines((name, value) => `export ${name}=${value}`),
      rust: "let wechat = Wechat::from_env()?.build()?;\n// " + lines((name, value) => `${name}=${value}`).replaceAll("\n", "\n// "),
      python: lines((name, value) => `${name} = "${value}"`),
      node: lines((name, value) => `export const ${name} = "${value}";`),
      go: `const (\n${lines((name, value) => `\t${name} = "${value}"`)}\n)`,
      java: lines((name, value) => `static final String ${name} = "${value}";`),
      php: lines((name, value) => `const ${name} = '${value}';`),
      ruby: lines((name, value) => `${name} = "${value}"`),
      curl: `curl '${origin}/sns/oauth2/access_token?appid=${account.appid}&secret=${account.secret}&code=CODE&grant_type=authorization_code'`,
    };
  };
  let stack = localStorage.getItem("stack") || "shell";
  const drawAddresses = () => {
    draw("addresses", [accounts, appid, stack], () => {
      const account = accounts.find((it) => it.appid === appid) || accounts[0];
      const all = account ? snippets(account, location.origin) : {};
      return [
        el("p", null, t("微信的两个域名都由这里提供：", "Both of WeChat's hosts are at:"), " ", el("code", null, location.origin)),
        el("div", { class: "row" },
          labelled(t("账号", "Account"), select("scope", [["", "全部 all"], ...accounts.map((it) => [it.appid, it.appid, it.kind])],
            appid, (value) => location.assign(value ? `/?appid=${encode(value)}` : "/"))),
          labelled(t("语言", "Your stack"), select("stack", Object.keys(all).map((it) => [it, it]), stack,
            (value) => { stack = value; localStorage.setItem("stack", value); drawAddresses(); }))),
        el("pre", { tabindex: "0" }, all[stack] || ""),
      ];
    });
  };

  const drawPeople = (session) => draw("people", [people, session], () => [
    el("p", { class: "row" },
      labelled(t("授权方式", "Who consents"), select("consent",
        [["ask", "询问 ask"], ["automatic", "自动同意 automatic"], ["refuse", "总是拒绝 refuse"]],
        session.consent, (consent) => act("PUT", "/session", scoped({ consent }))))),
    el("ul", null, people.map((person) => {
      const isIn = person.id === session.person;
      const path = `/people/${encode(person.id)}`;
      return el("li", null,
        el("div", { class: "row" }, picture(person),
          el("span", { class: "grow" }, el("span", { class: "name" }, nameOf(person)), " ",
            el("span", { class: "faint" }, person.id)),
          button(`in-${person.id}`, isIn ? t("已登录", "Signed in") : t("以此身份登录", "Sign in as"),
            () => act("PUT", "/session", scoped({ person: person.id })),
            { "aria-pressed": String(isIn), "aria-label": `登录 sign in: ${nameOf(person)}` })),
        el("details", { "data-key": `change-${person.id}` },
          el("summary", { "data-key": `open-${person.id}` }, t("修改", "Change"), " ", el("span", { class: "name" }, nameOf(person).slice(0, 20))),
          form((fields) => act("PATCH", path, {
            name: fields.name, unionid: fields.unionid || null, sex: Number(fields.sex), follower: fields.follower === "on",
          }),
          labelled(t("昵称", "Nickname"), el("input", { name: "name", value: person.name, "data-key": `name-${person.id}` })),
          labelled("unionid", el("input", { name: "unionid", value: person.unionid || "" })),
          labelled("sex", select("sex", [["0", "0"], ["1", "1"], ["2", "2"]], String(person.sex || 0))),
          el("label", { class: "switch" }, el("input", { type: "checkbox", name: "follower", checked: person.follower !== false }), t("已关注", "Follows")),
          el("button", null, t("保存", "Save")),
          button(`gone-${person.id}`, t("删除", "Remove"), () => act("DELETE", path)))));
    })),
    el("h3", null, t("添加用户", "Add a person")),
    form(async (fields, place) => {
      const id = fields.id || `p${Date.now().toString(36)}`;
      if (await act("POST", `/people/${encode(id)}`, { name: fields.name })) place.reset();
    },
    labelled(t("昵称", "Nickname"), el("input", { name: "name", required: true, "data-key": "new-name" })),
    labelled(t("ID（选填）", "Id (optional)"), el("input", { name: "id", pattern: "[A-Za-z0-9_\\-]{1,64}", "data-key": "new-id" })),
    el("button", { "data-key": "add-person" }, t("添加", "Add"))),
  ]);

  const drawTry = () => draw("try", [accounts, appid], () => {
    const account = accounts.find((it) => it.appid === appid && it.kind !== "platform") ||
      accounts.find((it) => it.kind !== "platform");
    if (!account) return el("p", null, t("没有账号。", "There is no account."));
    const back = `${location.origin}/try?appid=${encode(account.appid)}`;
    const isWebsite = account.kind === "website";
    const url = (isWebsite ? "/connect/qrconnect" : "/connect/oauth2/authorize") +
      `?appid=${encode(account.appid)}&redirect_uri=${encode(back)}&response_type=code` +
      `&scope=${isWebsite ? "snsapi_login" : "snsapi_userinfo"}&state=try#wechat_redirect`;
    return [
      el("p", { class: "faint" }, t("从授权到获取用户信息，完整走一遍登录。", "From the authorize page to the profile, a login as an application makes it."), " ", account.appid),
      el("p", null, el("a", { class: "button main", href: url, "data-key": "try" }, t("试一次登录", "Try a login"))),
    ];
  });

  const STATUS = {
    waiting: ["等待扫描", "waiting"], scanned: ["已扫描", "scanned"], allowed: ["已同意", "allowed"],
    denied: ["已拒绝", "denied"], expired: ["已失效", "expired"],
  };
  let scanner = "";
  const drawCodes = (codes) => draw("qr", [codes.map(({ uuid, status }) => [uuid, status]), people], () => {
    if (!codes.length) return el("p", { class: "faint" }, t("没有待扫的二维码。", "No QR code is on show."));
    const post = (uuid, action) => act("POST", `/qr/${uuid}`, { action, person: scanner || undefined });
    return [
      labelled(t("用谁的手机", "Whose phone"), select("scanner",
        [["", "当前登录的用户 who is signed in"], ...people.map((it) => [it.id, nameOf(it).slice(0, 20)])], scanner, (value) => { scanner = value; })),
      el("ul", null, codes.map(({ uuid, appid: of, status }) => el("li", { class: "row" },
        el("img", { class: "code", src: `/connect/qrcode/${uuid}`, alt: "" }),
        el("div", { class: "grow" },
          el("p", null, el("strong", null, t(...STATUS[status])), " ", el("span", { class: "faint" }, of, " ", uuid)),
          status !== "expired" && status !== "allowed" && el("div", { class: "row" },
            button(`scan-${uuid}`, t("扫描", "Scan"), () => post(uuid, "scan")),
            button(`allow-${uuid}`, t("同意", "Allow"), () => post(uuid, "allow")),
            button(`deny-${uuid}`, t("拒绝", "Deny"), () => post(uuid, "deny")),
            button(`expire-${uuid}`, t("设为失效", "Expire"), () => post(uuid, "expire"))))))),
    ];
  });

  // What an application is told, and what to do about it.
  const ERRCODES = {
    "-1": ["系统繁忙", "busy: try again"], 10003: ["回调域名不符", "the redirect_uri's domain is not the account's"],
    10004: ["账号被封禁", "the account is blocked"], 10005: ["没有此 scope 的权限", "the account may not ask for this scope"],
    10006: ["请先关注测试号", "follow the test account first"], 10010: ["缺少 scope", "scope is empty"],
    10011: ["缺少 redirect_uri", "redirect_uri is empty"], 10012: ["缺少 appid", "appid is empty"], 10013: ["缺少 state", "state is empty"],
    10015: ["未授权给第三方平台", "the platform is not authorised"], 10016: ["这是开放平台的 appid", "an Open Platform appid, not an official account's"],
    40001: ["access_token 无效", "the access token is not good"], 40002: ["grant_type 有误", "grant_type is wrong"],
    40003: ["openid 不符", "the openid is another user's"], 40013: ["appid 无效", "no such appid"], 40014: ["access_token 无效", "the access token is not good"],
    40029: ["code 无效或过期", "the code is unknown, expired or another account's"], 40030: ["refresh_token 无效", "the refresh token is not good"],
    40094: ["平台凭证无效", "the platform's token is not good"], 40125: ["secret 有误", "the secret is wrong"],
    40163: ["code 已用过", "the code was used before: is the callback opened twice?"], 41001: ["缺少 access_token", "access_token is missing"],
    41002: ["缺少 appid", "appid is missing"], 41003: ["缺少 refresh_token", "refresh_token is missing"], 41004: ["缺少 secret", "secret is missing"],
    41008: ["缺少 code", "code is missing"], 41009: ["缺少 openid", "openid is missing"], 41018: ["缺少 component_appid", "component_appid is missing"],
    42001: ["access_token 已过期", "the access token has expired: refresh it"], 42002: ["refresh_token 已过期", "the refresh token has expired: log in again"],
    42007: ["用户修改了密码或取消了授权", "the user changed the password or took the consent back"], 43001: ["需要 GET 请求", "use GET"],
    45009: ["超出每日限额", "the daily quota is used up"], 45011: ["超出每分钟限额", "too many calls this minute"],
    48001: ["没有此接口权限", "not allowed: a snsapi_base token has no profile"], 50001: ["用户未授权", "the user took the consent back"],
    50002: ["用户受限", "the user is frozen"], 61007: ["公众号未授权给平台", "the account has not authorised the platform"], 61023: ["refresh_token 无效", "the refresh token is not good"],
  };
  const REASONS = {
    unplayed_path: ["模拟器没有此路径", "a path that the simulator does not play"],
    foreign_host: ["拒绝了外来的 Host", "a foreign host, refused"], foreign_origin: ["拒绝了外来的 Origin", "a foreign origin, refused"],
  };
  let last = 0;
  let log = { calls: [], strays: [] };
  const faultText = (fault) => (typeof fault === "string" ? fault : JSON.stringify(fault));
  const drawCalls = () => draw("calls", [log, appid], () => {
    const groups = new Map();
    for (const call of log.calls.slice(-200)) {
      const key = call.login || `#${call.id}`;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(call);
    }
    return [
      el("p", null, button("clear-calls", t("清空", "Clear"), async () => {
        log = { calls: [], strays: [] };
        await act("DELETE", `/calls${query()}`);
        drawCalls();
      })),
      !log.calls.length && !log.strays.length && el("p", { class: "faint" }, t("还没有调用。", "No calls yet.")),
      el("ul", { id: "groups" }, [...groups].reverse().map(([key, calls]) => el("li", null,
        el("div", { class: "faint" }, key.startsWith("#") ? t("没有 code", "without a code") : ["code ", el("code", null, key)]),
        calls.map((call) => el("div", null, `${call.method} ${call.path}`,
          call.errcode !== null && el("span", { class: "bad" }, ` ${call.errcode} `, t(...(ERRCODES[call.errcode] || ["", ""]))),
          call.fault !== null && el("span", { class: "bad" }, " ", t("故障", "fault"), ` ${faultText(call.fault)}`)))))),
      log.strays.length > 0 && el("h3", null, t("未受理的请求", "Requests that no account answers")),
      el("ul", { id: "strays" }, log.strays.slice(-50).reverse().map((stray) => el("li", { class: "bad" },
        `${stray.method} ${stray.host} ${stray.path} `, t(...REASONS[stray.reason])))),
    ];
  });

  const ENDPOINTS = ["authorize", "access_token", "user_info", "refresh_token", "auth", "qr_connect",
    "component_token", "component_access_token", "component_refresh_token"];
  const FAULTS = [["errcode:-1", "-1"], ["errcode:40029", "40029"], ["errcode:40163", "40163"], ["errcode:45009", "45009"],
    ["errcode:48001", "48001"], ["busy_after_spending", "-1, code 已用 code spent"], ["status:502", "HTTP 502"], ["delay:3", "延迟 3 秒 3 s late"],
    ["hang", "不响应 no answer"], ["reset", "连接中断 connection reset"], ["malformed", "不完整的 JSON half the JSON"], ["html", "HTML"], ["empty", "空内容 empty"],
    ["transient_token", "仅一次 40001 once"]];
  const faultOf = (text) => {
    const [kind, value] = text.split(":");
    return value === undefined ? kind : { [kind]: Number(value) };
  };
  const drawSwitches = (faults, clock, replay) => draw("switches", [faults, { ...clock, now: 0 }, replay, appid], () => [
    el("h3", null, t("故障", "Faults")),
    form((fields) => act("POST", "/faults", scoped({
      endpoint: fields.endpoint, fault: faultOf(fields.fault), times: fields.times ? Number(fields.times) : undefined,
    })),
    labelled(t("接口", "Endpoint"), select("endpoint", ENDPOINTS.map((it) => [it, it]), "access_token")),
    labelled(t("故障", "Fault"), select("fault", FAULTS)),
    labelled(t("次数（留空则一直有效）", "Times (empty: always)"), el("input", { name: "times", type: "number", min: "1", "data-key": "times" })),
    el("button", { "data-key": "set-fault" }, t("设置", "Set"))),
    el("ul", { id: "faults" }, faults.map(({ endpoint, fault, times }) =>
      el("li", null, `${endpoint}: ${faultText(fault)} ${times === null ? "∞" : `× ${times}`}`))),
    faults.length > 0 && button("clear-faults", t("全部取消", "Clear all"), () => act("DELETE", `/faults${query()}`)),
    el("h3", null, t("时钟", "Clock")),
    el("div", { class: "row" },
      el("span", { class: "faint" }, t("已快进", "ahead by"), ` ${Math.round(clock.ahead)} s`),
      [["+5 min", 300], ["+2 h", 7200], ["+30 d", 2592000]].map(([text, advance]) =>
        button(`advance-${advance}`, text, () => act("PUT", "/clock", scoped({ advance })))),
      button("freeze", t("暂停", "Stand still"), () => act("PUT", "/clock", scoped({ freeze: !clock.frozen })), { "aria-pressed": String(clock.frozen) })),
    el("h3", null, t("重放回调", "Callbacks opened once more")),
    labelled(t("方式", "How"), select("replay", [["", "不重放 none"], ["before", "先于浏览器 before"], ["together", "与浏览器同时 together"],
      ["another_code", "换一个 code another code"], ["after", "2 秒后 after 2 s"], ["shared", "被别人打开 by somebody else"]],
    replay.replay === null ? "" : typeof replay.replay === "string" ? replay.replay : Object.keys(replay.replay)[0],
    (kind) => act("POST", "/replay", scoped({ replay: kind === "" ? null : ["after", "shared"].includes(kind) ? { [kind]: 2 } : kind })))),
  ]);

  const drawAccounts = () => draw("accounts", accounts, () => [
    el("ul", null, accounts.map((account) => {
      const path = `/accounts/${encode(account.appid)}`;
      const switches = Object.entries(account).filter(([, value]) => typeof value === "boolean");
      return el("li", null,
        el("div", { class: "row" },
          el("span", { class: "grow" }, el("strong", null, account.appid), " ", el("span", { class: "faint" },
            `${account.kind} ${account.domains.join(", ")}`)),
          button(`gone-${account.appid}`, t("删除", "Remove"), () => act("DELETE", path))),
        el("details", { "data-key": `switches-${account.appid}` },
          el("summary", { "data-key": `open-${account.appid}` }, t("密钥和开关", "Secret and switches")),
          el("p", null, "secret ", el("code", null, account.secret)),
          el("div", { class: "row" }, switches.map(([name, value]) => el("label", { class: "switch" },
            el("input", { type: "checkbox", checked: value, "data-key": `${name}-${account.appid}`,
              onchange: (event) => act("PATCH", path, { [name]: event.target.checked }) }), name)))));
    })),
    el("h3", null, t("添加账号", "Add an account")),
    form(async (fields, place) => {
      const added = await act("POST", `/accounts/${encode(fields.appid)}`, {
        kind: fields.kind, secret: fields.secret, domains: fields.domain ? [fields.domain] : [],
      });
      if (added) place.reset();
    },
    labelled(t("类型", "Kind"), select("kind", [["test", "测试号 test"], ["official", "服务号 official"], ["website", "网站应用 website"], ["platform", "第三方平台 platform"]])),
    labelled("appid", el("input", { name: "appid", required: true, "data-key": "new-appid" })),
    labelled("secret", el("input", { name: "secret", required: true, "data-key": "new-secret" })),
    labelled(t("域名", "Domain"), el("input", { name: "domain", "data-key": "new-domain" })),
    el("button", { "data-key": "add-account" }, t("添加", "Add"))),
  ]);

  const refresh = async () => {
    try {
      const [all, everybody] = await Promise.all([call("GET", "/accounts"), call("GET", "/people")]);
      [accounts, people] = [all.accounts, everybody.people];
      if (appid && !accounts.some((it) => it.appid === appid)) appid = "";
      const [session, faults, clock, replay, codes] = await Promise.all(
        ["session", "faults", "clock", "replay", "qr"].map((path) => call("GET", `/${path}${query()}`)));
      drawAddresses();
      drawPeople(session);
      drawTry();
      drawCodes(codes.codes);
      drawCalls();
      drawSwitches(faults.faults, clock, replay);
      drawAccounts();
      draw("reset", 0, () => button("reset", t("全部恢复到启动时的状态", "All as it was at the start"), async () => {
        log = { calls: [], strays: [] };
        await act("POST", "/reset", {});
        drawCalls();
      }));
    } catch (error) {
      say(error.message);
    }
  };

  // The log, as it grows

  const follow = async () => {
    for (;;) {
      try {
        const news = await call("GET", `/calls?after=${last}&wait=20${appid ? `&appid=${encode(appid)}` : ""}`);
        last = news.last;
        log.calls.push(...news.calls);
        log.strays.push(...news.strays);
        // A call answers after it is logged: how, is known a moment later.
        if (news.calls.length) await settle(news.calls);
        await refresh();
      } catch (error) {
        await new Promise((go) => setTimeout(go, 2000));
      }
    }
  };
  const settle = async (calls) => {
    await new Promise((go) => setTimeout(go, 150));
    const since = calls[0].id - 1;
    const again = await call("GET", `/calls?after=${since}${appid ? `&appid=${encode(appid)}` : ""}`);
    log.calls = log.calls.filter((it) => it.id <= since).concat(again.calls);
    last = Math.max(last, again.last);
  };

  // The way back of a login that is tried

  const tried = async () => {
    const params = new URLSearchParams(location.search);
    const of = params.get("appid");
    const code = params.getAll("code").pop();
    const place = byId("tried");
    const show = (...nodes) => place.append(...nodes.flat());
    if (!code || code === "authdeny") {
      show(el("p", null, t("已拒绝授权。", "The login was refused.")));
      return;
    }
    try {
      const account = await call("GET", `/accounts/${encode(of)}`);
      const tokens = await call("GET", `/sns/oauth2/access_token?appid=${encode(of)}&secret=${encode(account.secret)}` +
        `&code=${encode(code)}&grant_type=authorization_code`);
      show(el("h3", null, "/sns/oauth2/access_token"), el("pre", { tabindex: "0" }, JSON.stringify(tokens, null, 2)));
      if (!tokens.access_token) throw new Error((ERRCODES[tokens.errcode] || [tokens.errmsg]).join(" "));
      const profile = await call("GET", `/sns/userinfo?access_token=${encode(tokens.access_token)}&openid=${encode(tokens.openid)}&lang=zh_CN`);
      show(el("h3", null, "/sns/userinfo"), el("pre", { tabindex: "0" }, JSON.stringify(profile, null, 2)));
      if (profile.errcode) throw new Error((ERRCODES[profile.errcode] || [profile.errmsg]).join(" "));
      show(el("p", { id: "ended" }, t("登录成功：", "Logged in:"), " ", el("strong", { class: "name" }, profile.nickname)));
    } catch (error) {
      show(el("p", { class: "bad" }, error.message));
    }
  };

  // Language, token, and off

  const language = byId("language");
  const speak = (lang) => {
    document.documentElement.dataset.lang = lang;
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
    language.textContent = lang === "zh" ? "English" : "中文";
    language.lang = lang === "zh" ? "en" : "zh-CN";
    localStorage.setItem("lang", lang);
  };
  language.hidden = false;
  language.removeAttribute("lang");
  language.addEventListener("click", () => speak(document.documentElement.dataset.lang === "zh" ? "en" : "zh"));
  speak(localStorage.getItem("lang") || (navigator.language.startsWith("zh") ? "zh" : "en"));
  byId("token").addEventListener("submit", (event) => {
    event.preventDefault();
    sessionStorage.setItem("token", new FormData(event.target).get("token"));
    byId("token").hidden = true;
    say("");
    start();
  });
  const start = () => (document.body.dataset.page === "try" ? tried() : refresh());
  start();
  if (document.body.dataset.page !== "try") {
    follow();
    // QR codes expire, and faults are used up, without a word.
    setInterval(refresh, 5000);
  }
})();
