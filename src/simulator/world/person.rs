use std::{
    hash::{Hash, Hasher},
    sync::Arc,
};

/// A made-up WeChat user.
///
/// Who somebody is follows from the name: two `Person::named("小明")` are one person, with one openid per account. Two people of
/// one name are told apart by [`identity`](Self::identity). Cheap to clone.
///
/// The profile is what WeChat sends today: `sex` 0, empty region, a picture. The setters bring back what it used to send.
///
/// ```
/// use actix_wechat::simulator::Person;
///
/// let ming = Person::named("小明");
/// assert_eq!(ming, Person::named("小明"));
/// assert_eq!(ming.openid("wx0000000000000001").len(), 28);
/// assert_ne!(ming.openid("wx0000000000000001"), ming.openid("wx0000000000000002"));
///
/// let namesake = Person::named("小明").identity("the other one");
/// assert_ne!(ming, namesake);
/// ```
#[derive(Clone, Debug)]
pub struct Person(Arc<Profile>);

/// All that is known of somebody.
#[derive(Clone, Debug)]
pub(crate) struct Profile {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) raw_nickname: Option<Vec<u8>>,
    pub(crate) sex: u8,
    pub(crate) sex_as_text: bool,
    pub(crate) language: String,
    pub(crate) province: String,
    pub(crate) city: String,
    pub(crate) country: String,
    pub(crate) headimgurl: Option<String>,
    pub(crate) privilege: Vec<String>,
    pub(crate) unionid: Option<String>,
    pub(crate) follower: bool,
}

impl Person {
    /// Somebody with this nickname.
    pub fn named(name: impl Into<String>) -> Self {
        let name = name.into();
        Self(Arc::new(Profile {
            id: letters(&["person", &name], b"0123456789abcdef", 16),
            name,
            raw_nickname: None,
            sex: 0,
            sex_as_text: false,
            language: String::new(),
            province: String::new(),
            city: String::new(),
            country: String::new(),
            headimgurl: None,
            privilege: Vec::new(),
            unionid: None,
            follower: true,
        }))
    }

    /// Somebody whose nickname WeChat sends as exactly these bytes, valid UTF-8 or not; only quotes and backslashes are escaped,
    /// so that the answer stays as readable as the real ones. `name` is what the simulator's own pages show.
    ///
    /// ```
    /// use actix_wechat::simulator::Person;
    ///
    /// let cut_short = Person::with_raw_nickname("cut short", vec![b'a', 0xe5, 0xb0]);
    /// assert_eq!(cut_short.name(), "cut short");
    /// ```
    pub fn with_raw_nickname(name: impl Into<String>, nickname: Vec<u8>) -> Self {
        Self::named(name).edit(|data| data.raw_nickname = Some(nickname))
    }

    /// Makes it somebody else of the same name.
    pub fn identity(self, identity: &str) -> Self {
        self.edit(|data| data.id = letters(&["identity", identity], b"0123456789abcdef", 16))
    }

    /// Gives the id itself, 1 to 64 of `A-Z a-z 0-9 - _`; other text is an [`identity`](Self::identity). The openids follow from it.
    ///
    /// ```
    /// use actix_wechat::simulator::Person;
    ///
    /// assert_eq!(Person::named("小明").with_id("ming").id(), "ming");
    /// ```
    pub fn with_id(self, id: &str) -> Self {
        if is_id(id) {
            self.edit(|data| data.id = id.to_owned())
        } else {
            self.identity(id)
        }
    }

    /// `sex` as WeChat sent it until 2021: 1 male, 2 female. Default: 0, as for everybody today.
    pub fn sex(self, sex: u8) -> Self {
        self.edit(|data| data.sex = sex)
    }

    /// Country, province and city, as WeChat sent them until 2021. Default: empty.
    pub fn region(self, country: &str, province: &str, city: &str) -> Self {
        self.edit(|data| {
            data.country = country.to_owned();
            data.province = province.to_owned();
            data.city = city.to_owned();
        })
    }

    /// The undocumented `language`. Default: empty, as today.
    pub fn language(self, language: &str) -> Self {
        self.edit(|data| data.language = language.to_owned())
    }

    /// The profile in the shape of old answers: `sex` as text, a region, a language.
    pub fn legacy(self) -> Self {
        self.sex(1)
            .region("CN", "广东", "广州")
            .language("zh_CN")
            .edit(|data| data.sex_as_text = true)
    }

    /// The picture's address; empty for somebody without one. Default: one that the simulator draws itself for test accounts, one
    /// of the shape of WeChat's own for the others.
    pub fn headimgurl(self, url: &str) -> Self {
        self.edit(|data| data.headimgurl = Some(url.to_owned()))
    }

    /// What WeChat lists under `privilege`, such as `chinaunicom`. Default: nothing.
    pub fn privilege<T: Into<String>>(self, privilege: impl IntoIterator<Item = T>) -> Self {
        self.edit(|data| data.privilege = privilege.into_iter().map(Into::into).collect())
    }

    /// The unionid, the same across all accounts that are [bound](crate::simulator::Account::bound). Default: made from the identity.
    pub fn with_unionid(self, unionid: &str) -> Self {
        self.edit(|data| data.unionid = Some(unionid.to_owned()))
    }

    /// Whether this person follows the accounts: a test account lets in nobody else. Default: true.
    pub fn follower(self, follower: bool) -> Self {
        self.edit(|data| data.follower = follower)
    }

    /// The name that the simulator's pages show.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// What names this person in the simulator's addresses.
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// This person's openid for an account: 28 characters beginning with `o`, always the same.
    pub fn openid(&self, appid: &str) -> String {
        format!("o{}", letters(&["openid", &self.0.id, appid], TOKEN, 27))
    }

    /// This person's unionid.
    pub fn unionid(&self) -> String {
        match &self.0.unionid {
            Some(unionid) => unionid.clone(),
            None => format!("o{}", letters(&["unionid", &self.0.id], TOKEN, 27)),
        }
    }

    /// A handful of people to choose from: ordinary ones, and ones whose names try a page's patience.
    ///
    /// ```
    /// use actix_wechat::simulator::Person;
    ///
    /// assert_eq!(Person::cast()[0], Person::named("小明"));
    /// ```
    pub fn cast() -> Vec<Self> {
        vec![
            Self::named("小明"),
            Self::named("小红"),
            Self::named("老王").legacy(),
            Self::named("👨‍👩‍👧‍👦 Zoë 🏳️‍🌈"),
            Self::named("<script>alert('小黑')</script>"),
            Self::named("\"O'Brien\" \\ {{ name }}"),
            Self::named("مُحَمَّد \u{202e}olleh"),
            Self::named("很长很长的名字".repeat(20)),
            Self::named("").headimgurl(""),
        ]
    }

    /// People whose nicknames broke parsers: raw control bytes, UTF-8 cut in the middle of a character, and all that
    /// [`cast`](Self::cast) has.
    ///
    /// ```
    /// use actix_wechat::simulator::Person;
    ///
    /// assert!(Person::fixtures().len() > Person::cast().len());
    /// ```
    pub fn fixtures() -> Vec<Self> {
        let raw = |name: &str, nickname: &[u8]| Self::with_raw_nickname(name, nickname.to_vec());
        let mut people = Self::cast();
        people.extend([
            raw("raw 0x07", b"bell\x07bell"),
            raw("raw 0x08", b"\x08back"),
            raw("raw 0x14", "王\x14五".as_bytes()),
            raw("raw NUL", b"nul\0"),
            raw("raw line breaks", b"one\r\ntwo\tthree"),
            raw("cut UTF-8", &"小明".as_bytes()[..4]),
            raw("cut emoji", &"hi 👋".as_bytes()[..5]),
            raw("stray bytes", b"\xff\xfe\x80"),
            raw("overlong slash", b"\xc0\xaf"),
            raw("surrogate", b"\xed\xa0\x80"),
            raw("private use", "\u{e412}".as_bytes()),
            raw("line separators", "a\u{2028}b\u{2029}c".as_bytes()),
            raw("only spaces", "\u{3000}  \u{200b}".as_bytes()),
            raw(
                "RTL marks",
                "\u{200f}\u{202e}abc\u{202c}\u{2066}".as_bytes(),
            ),
            raw("4 KiB", "长".repeat(1365).as_bytes()),
        ]);
        people
    }

    /// The user of a snapshot page: nobody, new each time.
    pub(crate) fn virtual_user(number: u64) -> Self {
        Self::named("微信用户")
            .identity(&format!("virtual {number}"))
            .headimgurl("")
    }

    pub(crate) fn is_follower(&self) -> bool {
        self.0.follower
    }

    /// Whether this is a clone of the same value, and not only somebody with the same identity.
    pub(crate) fn is_same_copy(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    pub(crate) fn profile(&self) -> &Profile {
        &self.0
    }

    /// The address of the picture; `pictures` is the place where the default ones are.
    pub(crate) fn picture(&self, pictures: &str) -> String {
        match &self.0.headimgurl {
            Some(url) => url.clone(),
            None => format!("{pictures}/mmopen/vi_32/{}/132", self.0.id),
        }
    }

    pub(crate) fn of(profile: Profile) -> Self {
        Self(Arc::new(profile))
    }

    fn edit(mut self, edit: impl FnOnce(&mut Profile)) -> Self {
        edit(Arc::make_mut(&mut self.0));
        self
    }
}

/// Fit for an address, a cookie and a file.
pub(crate) fn is_id(id: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=64).contains(&id.len()) && id.bytes().all(fits)
}

impl PartialEq for Person {
    fn eq(&self, other: &Self) -> bool {
        self.0.id == other.0.id
    }
}

impl Eq for Person {}

impl Hash for Person {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.id.hash(state);
    }
}

const TOKEN: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

/// Letters that look random and are always the same for the same parts. Nothing here is secret, so a mixing function will do; the
/// standard library's hasher would not, for it may change from one release to the next.
fn letters(parts: &[&str], alphabet: &[u8], count: usize) -> String {
    let mut seed = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // 0xff is no UTF-8 byte: it keeps ("ab", "c") and ("a", "bc") apart.
        for byte in part.bytes().chain([0xff]) {
            seed = (seed ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    (0..count)
        .map(|_| {
            seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut mixed = seed;
            mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^= mixed >> 31;
            char::from(alphabet[(mixed % alphabet.len() as u64) as usize])
        })
        .collect()
}
