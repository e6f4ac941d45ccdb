// The simulator's own script for the login by QR code inside a site's page: it takes what WeChat's takes.
(function (window, document) {
  "use strict";

  // Where the QR code's page is: where this script came from, but for WeChat's host of scripts.
  function origin() {
    var script = document.currentScript;
    var scripts = document.getElementsByTagName("script");
    for (var at = scripts.length - 1; !script && at >= 0; at -= 1) {
      if (/\/htmledition\/js\/wxlogin\.js/i.test(scripts[at].src)) script = scripts[at];
    }
    var link = document.createElement("a");
    link.href = script ? script.src : "https://open.weixin.qq.com/";
    return link.protocol + "//" + link.host.replace(/^res\.wx\.qq\.com/, "open.weixin.qq.com");
  }
  var from = origin();

  function query(options) {
    var inside = options.self_redirect === true ? "true" : options.self_redirect === false ? "false" : "default";
    // As at WeChat, the caller encodes `redirect_uri`, and everything else goes as it is.
    var pairs = [
      ["appid", options.appid], ["scope", options.scope], ["redirect_uri", options.redirect_uri], ["state", options.state],
      ["login_type", "jssdk"], ["self_redirect", inside],
      ["styletype", options.styletype], ["sizetype", options.sizetype], ["bgcolor", options.bgcolor], ["rst", options.rst]
    ];
    ["style", "href", "stylelite", "fast_login", "color_scheme", "lang"].forEach(function (name) {
      var value = options[name];
      if (value === undefined || value === null || value === "") return;
      // A style sheet's address has characters that would end it.
      pairs.push([name, /^(https:|data:)/.test(value) ? encodeURIComponent(value) : value]);
    });
    return pairs.map(function (pair) {
      return pair[0] + "=" + (pair[1] === undefined || pair[1] === null ? "" : pair[1]);
    }).join("&");
  }

  function WxLogin(options) {
    var place = document.getElementById(options.id);
    if (!place) {
      if (window.console) window.console.error("WxLogin: there is no element with the id `" + options.id + "`");
      return;
    }
    var lite = String(options.stylelite) === "1";
    var frame = document.createElement("iframe");
    // Without it a browser lets nobody but a clicking user leave the page.
    var may = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-top-navigation";
    frame.setAttribute("sandbox", options.self_redirect === true ? may + " allow-forms" : may);
    frame.setAttribute("title", "微信登录模拟器 WeChat login simulator");
    frame.setAttribute("frameborder", "0");
    frame.setAttribute("scrolling", "no");
    frame.setAttribute("allowtransparency", "true");
    frame.setAttribute("width", lite ? "220" : "300");
    frame.setAttribute("height", lite ? "220" : "400");
    if (typeof options.onReady === "function") {
      window.addEventListener("message", function (event) {
        if (event.source !== frame.contentWindow || event.origin !== from) return;
        var told;
        try {
          told = typeof event.data === "string" ? JSON.parse(event.data) : event.data;
        } catch (error) {
          return;
        }
        if (told && told.type === "status" && told.status === "wxReady") options.onReady(true);
      });
    }
    frame.src = from + "/connect/qrconnect?" + query(options);
    place.innerHTML = "";
    place.appendChild(frame);
  }

  window.WxLogin = WxLogin;
})(window, document);
