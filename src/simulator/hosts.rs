/// WeChat's hosts that a client of the login talks to: pages, polls, scripts, the API with its
/// regions, and pictures. The simulator plays each of them, under its own name.
///
/// ```
/// use actix_wechat::simulator::HOSTS;
///
/// assert!(HOSTS.contains(&"open.weixin.qq.com"));
/// assert!(HOSTS.contains(&"api.weixin.qq.com"));
/// ```
pub const HOSTS: [&str; 11] = [
    "open.weixin.qq.com",
    "api.weixin.qq.com",
    "api2.weixin.qq.com",
    "sh.api.weixin.qq.com",
    "sz.api.weixin.qq.com",
    "hk.api.weixin.qq.com",
    "lp.open.weixin.qq.com",
    "long.open.weixin.qq.com",
    "res.wx.qq.com",
    "thirdwx.qlogo.cn",
    "wx.qlogo.cn",
];
