// Shows WeChat's QR code in the page. The options bring the login cookie with them.
(async () => {
  const place = document.getElementById("wechat");
  try {
    const answer = await fetch(place.dataset.options, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`${answer.status} from ${answer.url}`);
    new WxLogin({ id: place.id, ...(await answer.json()) });
  } catch (error) {
    document.getElementById("failed").hidden = false;
    console.error(error);
  }
})();
