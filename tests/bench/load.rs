//! Logins through real sockets: how many, how late, and what they leave in memory.
//!
//!     cargo bench --features simulator --bench load [-- SECTION …]
//!
//! The app runs in a process of its own with two workers; the simulator and the visitors are in
//! this one. Every loop is bounded in count, every wait in time, and nothing leaves loopback.
//! Whether anybody is lost or switched is held by `tests/login/load.rs`, too; here it is a figure
//! among others.

mod app;
mod by_hand;
use std::{
    alloc::System,
    cell::Cell,
    collections::BTreeMap,
    env, fs,
    io::{BufRead as _, BufReader, Read as _},
    process::{Child, Command, Stdio},
    rc::Rc,
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use actix_web::{App, HttpServer, cookie::Key, rt, web};
use actix_wechat::{
    Wechat,
    simulator::{Endpoint, Fault, Simulator},
};
use cap::Cap;

use crate::app::{Side, account, code};
use support::{
    Port,
    crowd::{Crowd, End, Guest, faults, trouble},
};

/// What the app has in use, apart from what its allocator keeps for later.
#[global_allocator]
static HEAP: Cap<System> = Cap::new(System, usize::MAX);

fn main() {
    let args: Vec<String> = env::args().skip(1).filter(|arg| arg != "--bench").collect();
    if let [first, listen, wechat_url, workers] = args.as_slice()
        && first == "--serve"
    {
        let workers = workers.parse().expect("a number");
        rt::System::new().block_on(serve(listen, wechat_url, workers));
        return;
    }
    rt::System::new().block_on(async {
        for (name, section) in sections() {
            if args.is_empty() || args.iter().any(|wanted| name == wanted) {
                println!("\n{name}");
                section.await;
            }
        }
    });
}

type Section = std::pin::Pin<Box<dyn Future<Output = ()>>>;

fn sections() -> [(&'static str, Section); 9] {
    [
        ("latency", Box::pin(latency())),
        ("logins", Box::pin(logins())),
        ("hang", Box::pin(hang())),
        ("pending", Box::pin(pending())),
        ("memory", Box::pin(memory())),
        ("accounts", Box::pin(accounts())),
        ("crowd", Box::pin(crowd())),
        ("trouble", Box::pin(in_trouble())),
        ("hostile", Box::pin(hostile())),
    ]
}

/// The app, until whoever started it is gone.
async fn serve(listen: &str, wechat_url: &str, workers: usize) {
    let public_url = format!("http://{listen}");
    let wechat = app::wechat(&public_url, wechat_url);
    let key = Key::generate();
    let wechat_url = wechat_url.to_owned();
    let server = HttpServer::new(move || {
        App::new()
            .route("/hop", web::get().to(async || "hop"))
            .route("/wait", web::get().to(wait))
            .route(
                "/heap",
                web::get().to(async || HEAP.allocated().to_string()),
            )
            .service(
                web::scope("")
                    .wrap(app::session(key.clone()))
                    .configure(app::routes(&wechat, &public_url, &wechat_url)),
            )
    })
    .workers(workers)
    .bind(listen)
    .expect("a free port")
    .run();
    let handle = server.handle();
    thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        drop(handle.stop(false));
        std::process::exit(0);
    });
    println!("ready");
    server.await.expect("a server");
}

/// A page without the library, that keeps its connection for a while.
async fn wait() -> &'static str {
    rt::time::sleep(Duration::from_secs(1)).await;
    "waited"
}

/// WeChat's side, and the app as a process of its own.
struct Scene {
    simulator: Simulator,
    child: Child,
    url: String,
    _port: Port,
    said: Arc<Mutex<String>>,
}

impl Scene {
    async fn set() -> Self {
        Self::set_with(2).await
    }

    async fn set_with(workers: usize) -> Self {
        let simulator = Simulator::builder()
            .account(account())
            .remember(5_000)
            .start()
            .await
            .expect("a port on loopback");
        let port = Port::new();
        let listen = port.address();
        let mut child = Command::new(env::current_exe().expect("the path of this program"))
            .args(["--serve", &listen, simulator.url(), &workers.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the app");
        let mut stdout = BufReader::new(child.stdout.take().expect("its output"));
        stdout.read_line(&mut String::new()).expect("its start");
        let said = Arc::<Mutex<String>>::default();
        let mut stderr = BufReader::new(child.stderr.take().expect("its errors"));
        let copy = Arc::clone(&said);
        thread::spawn(move || {
            let mut line = String::new();
            while stderr.read_line(&mut line).is_ok_and(|read| read > 0) {
                copy.lock().expect("its errors").push_str(&line);
                line.clear();
            }
        });
        Self {
            simulator,
            child,
            url: port.url(),
            _port: port,
            said,
        }
    }

    fn page(&self, side: Side) -> String {
        format!("{}{}/page", self.url, side.scope())
    }

    fn crowd(&self, side: Side) -> Crowd {
        Crowd::new(&self.simulator, &self.page(side))
    }

    /// The app's memory, in KiB; where there is no `/proc`, not told.
    fn memory(&self) -> Option<i64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// In KiB, like the above.
    async fn heap(&self) -> Option<i64> {
        let (crowd, url) = (self.crowd(Side::Library), format!("{}/heap", self.url));
        let (_, _, bytes) = crowd.get(&mut Guest::number(0), &url).await.ok()?;
        Some(bytes.parse::<i64>().ok()? / 1024)
    }

    fn panics(&self) -> usize {
        self.said
            .lock()
            .expect("its errors")
            .matches("panicked")
            .count()
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn mib(kib: Option<i64>) -> String {
    kib.map_or("?".to_owned(), |kib| {
        format!("{:.1} MiB", kib as f64 / 1024.0)
    })
}

fn grown(before: Option<i64>, after: Option<i64>) -> String {
    mib(before.zip(after).map(|(before, after)| after - before))
}

/// A part of the sorted times, in microseconds.
fn at(times: &mut [Duration], part: f64) -> f64 {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    times
        .get((last as f64 * part) as usize)
        .map_or(0.0, |time| time.as_secs_f64() * 1e6)
}

/// Logs in, and how long the callback took of it.
async fn timed_login(crowd: &Crowd, page: &str, guest: &mut Guest) -> Duration {
    let (_, authorize, _) = crowd.get(guest, page).await.expect("an answer");
    let url = crowd.callback(guest, &authorize.expect("a way to WeChat"));
    let started = Instant::now();
    let (status, location, _) = crowd.get(guest, &url).await.expect("an answer");
    let took = started.elapsed();
    assert_eq!((status, location.as_deref()), (302, Some(page)));
    let (status, _, openid) = crowd.get(guest, page).await.expect("an answer");
    assert_eq!((status, openid), (200, crowd.openid(guest)));
    took
}

/// The two calls of a login and nothing else.
async fn bare_calls(client: &awc::Client, simulator: &Simulator) -> Duration {
    let (account, code, wechat) = (account(), code(simulator), simulator.url());
    let started = Instant::now();
    let exchange = format!(
        "{wechat}/sns/oauth2/access_token?appid={}&secret={}&code={code}&grant_type=authorization_code",
        account.appid(),
        account.secret(),
    );
    let answer = bare_call(client, &exchange).await;
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    let (token, openid) = (text("access_token"), text("openid"));
    let profile = format!("{wechat}/sns/userinfo?access_token={token}&openid={openid}&lang=zh_CN");
    let profile = bare_call(client, &profile).await;
    let took = started.elapsed();
    assert_eq!(profile["openid"], openid);
    took
}

async fn bare_call(client: &awc::Client, url: &str) -> serde_json::Value {
    let mut answer = client.get(url).send().await.expect("an answer");
    let body = answer.body().await.expect("a body");
    serde_json::from_slice(&body).expect("an answer")
}

/// What a login adds to two calls, one after the other on a warm connection.
async fn latency() {
    const TIMES: usize = 1_000;
    let scene = Scene::set().await;
    let client = awc::Client::default();
    let crowds = Side::ALL.map(|side| scene.crowd(side));
    let mut bare = Vec::new();
    let mut hops = Vec::new();
    let mut sides: [Vec<Duration>; 3] = Default::default();
    for number in 0..TIMES {
        // In turn, so that whatever else the machine does meets all of them alike.
        bare.push(bare_calls(&client, &scene.simulator).await);
        for ((side, crowd), times) in Side::ALL.into_iter().zip(&crowds).zip(&mut sides) {
            let page = scene.page(side);
            times.push(timed_login(crowd, &page, &mut Guest::number(number)).await);
        }
        let hop = format!("{}/hop", scene.url);
        let started = Instant::now();
        let answer = crowds[0].get(&mut Guest::number(0), &hop).await;
        assert_eq!(answer.expect("an answer").0, 200);
        hops.push(started.elapsed());
    }
    let (bare, hop) = (at(&mut bare, 0.5), at(&mut hops, 0.5));
    println!("  two bare calls {bare:.0} µs, an empty page {hop:.0} µs; medians of {TIMES}");
    for (side, mut times) in Side::ALL.into_iter().zip(sides) {
        let median = at(&mut times, 0.5);
        println!(
            "  {:<18} callback {median:.0} µs: {:.0} µs added to the calls, the way to the app included (p99 {:.0} µs in all)",
            side.name(),
            median - bare,
            at(&mut times, 0.99),
        );
    }
    println!("  target: at most 1,000 µs added");
}

/// Goes through so many logins, so many at a time, and returns how long it took.
async fn log_in_many(crowd: &Crowd, first: usize, count: usize) -> Duration {
    const AT_A_TIME: usize = 32;
    let next = Rc::new(Cell::new(first));
    let started = Instant::now();
    let tasks: Vec<_> = (0..AT_A_TIME)
        .map(|_| {
            let (crowd, next) = (crowd.clone(), Rc::clone(&next));
            rt::spawn(async move {
                while next.get() < first + count {
                    let mut guest = Guest::number(next.replace(next.get() + 1));
                    let end = crowd.log_in(&mut guest).await;
                    assert_eq!(end, End::In(crowd.openid(&guest)));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("logins");
    }
    started.elapsed()
}

/// Whole logins a second: the page, the callback with its two calls, the page again.
async fn logins() {
    const ROUNDS: usize = 4;
    const EACH: usize = 500;
    let scene = Scene::set().await;
    let crowds = Side::ALL.map(|side| scene.crowd(side));
    let mut took = [Duration::ZERO; 3];
    for round in 0..=ROUNDS {
        for (crowd, took) in crowds.iter().zip(&mut took) {
            let time = log_in_many(crowd, round * EACH, EACH).await;
            // The first one warms up.
            if round > 0 {
                *took += time;
            }
        }
    }
    let rate = |took: Duration| (ROUNDS * EACH) as f64 / took.as_secs_f64();
    for (side, time) in Side::ALL.into_iter().zip(took) {
        println!(
            "  {:<18} {:>6.0} logins a second; the library: x {:.2}",
            side.name(),
            rate(time),
            rate(took[0]) / rate(time)
        );
    }
    println!("  app, simulator and visitors together on this machine's cores");
}

/// Cached pages while WeChat does not answer and logins wait for it.
async fn hang() {
    const PAGES: usize = 2_000;
    const WAITING: usize = 200;
    let scene = Scene::set().await;
    let crowd = scene.crowd(Side::Library);
    let page = scene.page(Side::Library);
    let mut guest = Guest::number(0);
    assert!(matches!(crowd.log_in(&mut guest).await, End::In(_)));
    let mut calm = pages(&crowd, &page, &mut guest, PAGES).await;

    scene.simulator.fault(Endpoint::AccessToken, Fault::Hang);
    let waiting: Vec<_> = (1..=WAITING)
        .map(|number| {
            // Connections of their own: what is measured is the app's patience, not the visitors'.
            let crowd = scene.crowd(Side::Library);
            rt::spawn(async move { crowd.log_in(&mut Guest::number(number)).await })
        })
        .collect();
    while scene.simulator.count(Endpoint::AccessToken) < WAITING / 2 {
        rt::time::sleep(Duration::from_millis(10)).await;
    }
    let mut hanging = pages(&crowd, &page, &mut guest, PAGES).await;
    let mut in_time = 0;
    for task in waiting {
        if matches!(task.await, Ok(End::Told { status: 504, .. })) {
            in_time += 1;
        }
    }
    for (name, part) in [("median", 0.5), ("p99", 0.99)] {
        let (calm, hanging) = (at(&mut calm, part), at(&mut hanging, part));
        println!(
            "  cached page {name:<6} {calm:>6.0} µs, with {WAITING} logins waiting {hanging:>6.0} µs: x {:.2}",
            hanging / calm
        );
    }
    println!("  {in_time} of {WAITING} waiting visitors were told so at the deadline");
}

async fn pages(crowd: &Crowd, page: &str, guest: &mut Guest, count: usize) -> Vec<Duration> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let started = Instant::now();
        let (status, ..) = crowd.get(guest, page).await.expect("an answer");
        times.push(started.elapsed());
        assert_eq!(status, 200);
    }
    times
}

/// Visitors who are sent to WeChat and never come back.
async fn pending() {
    const VISITS: usize = 20_000;
    let scene = Scene::set().await;
    let crowd = scene.crowd(Side::Library);
    let page = scene.page(Side::Library);
    let (again, guest) = (page.clone(), Guest::number(0));
    visit_all(&crowd, &guest, 1_000, move |_| again.clone()).await;
    let before = scene.memory();
    visit_all(&crowd, &guest, VISITS, move |_| page.clone()).await;
    println!(
        "  {VISITS} visitors left for WeChat: {} grown from {}",
        grown(before, scene.memory()),
        mib(before)
    );
}

/// Requests with these cookies, 32 at a time, each answered with a redirect.
async fn visit_all(
    crowd: &Crowd,
    guest: &Guest,
    count: usize,
    url: impl Fn(usize) -> String + 'static,
) {
    let (next, url) = (Rc::new(Cell::new(0)), Rc::new(url));
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            let (crowd, guest) = (crowd.clone(), guest.clone());
            let (next, url) = (Rc::clone(&next), Rc::clone(&url));
            rt::spawn(async move {
                while next.get() < count {
                    let url = url(next.replace(next.get() + 1));
                    let answer = crowd.get(&mut guest.clone(), &url).await;
                    assert_eq!(answer.expect("an answer").0, 302);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.expect("visits");
    }
}

/// What logins leave behind: for a minute the result, in bounded number, and of the code a few bytes for ten.
async fn memory() {
    for side in [Side::Library, Side::Awc] {
        let scene = Scene::set().await;
        let crowd = scene.crowd(side);
        log_in_many(&crowd, 0, 500).await;
        let start = scene.memory();
        println!("  {:<18} after 500 logins {}", side.name(), mib(start));
        let mut done = 500;
        for wanted in [10_000, 100_000] {
            log_in_many(&crowd, done, wanted + 500 - done).await;
            done = wanted + 500;
            println!(
                "  {:<18} after {wanted:>7} more {} more",
                side.name(),
                grown(start, scene.memory())
            );
        }
    }
}

/// What an account costs that is there and not logged in to, beside the first.
async fn accounts() {
    const MANY: usize = 1_000;
    let build = |number: usize| {
        Wechat::builder()
            .appid(format!("wx{number:016x}"))
            .secret("0123456789abcdef0123456789abcdef")
            .public_url("https://shop.example.cn")
            .build()
            .expect("settings that work")
    };
    let first = build(0);
    let (before, start) = (HEAP.allocated(), Instant::now());
    let all: Vec<Wechat> = (1..=MANY).map(build).collect();
    let (each, took) = ((HEAP.allocated() - before) / MANY, start.elapsed());
    println!(
        "  {each} bytes an account, {:?} to build one",
        took / MANY as u32
    );
    drop((first, all));
}

/// Logins that wait for a slow WeChat, all at once, on one worker: who is in, and what each costs.
async fn crowd() {
    const FILES: u64 = 8_192;
    let files = rlimit_files();
    if files.is_none_or(|files| files < FILES) {
        println!(
            "  left out: it wants {FILES} open files, and this process may have {files:?} (`ulimit -n`)"
        );
        return;
    }
    for (waiting, call) in [(180, 2_200), (300, 1_000)] {
        height(Side::Library, waiting, call).await;
    }
    let sides = [Side::Library, Side::Awc];
    let mut each = Vec::new();
    for side in sides {
        each.extend(height(side, 1_000, 1_000).await);
    }
    if let [library, by_hand] = each.as_slice() {
        println!("  the library's own: {:.1} KiB each", library - by_hand);
    }
}

/// So many logins wait for WeChat at once. Returns what each takes then, in KiB.
async fn height(side: Side, waiting: usize, call: u64) -> Option<f64> {
    let scene = Scene::set_with(1).await;
    let crowd = scene.crowd(side);
    // Connections as many as at the height, so that their own cost is not counted.
    log_in_many(&crowd, 0, 500).await;
    let before = scene.heap().await;
    let delay = Fault::Delay(Duration::from_millis(call));
    scene.simulator.fault(Endpoint::AccessToken, delay.clone());
    scene.simulator.fault(Endpoint::UserInfo, delay);
    let guests = (1_000..1_000 + waiting).map(Guest::number).collect();
    let (sampling, at_most) = (Rc::new(Cell::new(true)), Rc::new(Cell::new(0)));
    let watch = {
        let (sampling, at_most) = (Rc::clone(&sampling), Rc::clone(&at_most));
        let (crowd, url) = (scene.crowd(side), format!("{}/heap", scene.url));
        rt::spawn(async move {
            while sampling.get() {
                if let Ok((_, _, bytes)) = crowd.get(&mut Guest::number(0), &url).await {
                    at_most.set(at_most.get().max(bytes.parse().unwrap_or(0)));
                }
                rt::time::sleep(Duration::from_millis(100)).await;
            }
        })
    };
    let started = Instant::now();
    let (_, ends) = all_at_once(&crowd, guests).await;
    sampling.set(false);
    let _ = watch.await;
    let each = before.map(|before| (at_most.get() / 1024 - before) as f64 / waiting as f64);
    println!(
        "  {}, {waiting} at {call} ms a call: {:.1} s; {:.1} KiB each at the height, connections included",
        side.name(),
        started.elapsed().as_secs_f64(),
        each.unwrap_or_default(),
    );
    show(&ends);
    each
}

fn rlimit_files() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))?;
    line.split_whitespace().nth(3)?.parse().ok()
}

/// What is in use after some calm seconds: the cache of results is cleared of expired ones bit by bit, as logins go on.
async fn calm_heap(scene: &Scene, first: usize) -> Option<i64> {
    for part in 0..40 {
        log_in_many(&scene.crowd(Side::Library), first + 10 * part, 10).await;
        rt::time::sleep(Duration::from_millis(350)).await;
    }
    scene.heap().await
}

/// 2,000 visitors at once, while 5 % of WeChat's answers fail in each way there is. Before it a
/// page without the library and a calm day, because what 2,000 open connections take of memory, the
/// allocator keeps for the next.
async fn in_trouble() {
    const GUESTS: usize = 2_000;
    /// Longer than servers keep idle connections.
    const CLOSING: Duration = Duration::from_secs(8);
    let scene = Scene::set().await;
    println!("  memory at the start {}", mib(scene.memory()));
    let waiting: Vec<_> = (0..GUESTS)
        .map(|_| {
            let (crowd, url) = (scene.crowd(Side::Library), format!("{}/wait", scene.url));
            rt::spawn(async move { crowd.get(&mut Guest::number(0), &url).await })
        })
        .collect();
    for task in waiting {
        assert_eq!(task.await.expect("a visitor").expect("an answer").0, 200);
    }
    rt::time::sleep(CLOSING).await;
    let calm = calm_heap(&scene, 0).await;
    println!(
        "  after {GUESTS} connections to a page without the library and some calm logins memory {}, of which {} in use",
        mib(scene.memory()),
        mib(calm)
    );
    for day in 0..3 {
        let crowd = scene.crowd(Side::Library);
        scene.simulator.clear_calls();
        let faults = if day == 0 { Vec::new() } else { faults() };
        let exchange = &faults[..faults.len().min(10)];
        let again = trouble(&scene.simulator, Endpoint::AccessToken, GUESTS, exchange)
            + trouble(&scene.simulator, Endpoint::UserInfo, GUESTS, &faults);
        let guests = (day * GUESTS..(day + 1) * GUESTS).map(Guest::number);
        let started = Instant::now();
        let (told, ends) = all_at_once(&crowd, guests.collect()).await;
        let took = started.elapsed().as_secs_f64();
        println!("  {GUESTS} visitors at once, done in {took:.1} s:");
        show(&ends);
        println!(
            "  {} exchanges and {} profile calls; {again} of the faults allow one more call",
            scene.simulator.count(Endpoint::AccessToken),
            scene.simulator.count(Endpoint::UserInfo),
        );
        scene.simulator.clear_faults();
        println!("  {} press the button of their page:", told.len());
        let (_, ends) = all_at_once(&crowd, told).await;
        show(&ends);
        drop(crowd);
        rt::time::sleep(CLOSING).await;
        println!(
            "  panics: {}; memory {}, of which {} in use",
            scene.panics(),
            mib(scene.memory()),
            mib(scene.heap().await)
        );
    }
    // Longer than the results of logins are kept for those who share them.
    rt::time::sleep(Duration::from_secs(125)).await;
    let after = calm_heap(&scene, 10 * GUESTS).await;
    println!(
        "  two minutes later memory {}, of which {} in use: {} more than before",
        mib(scene.memory()),
        mib(after),
        grown(calm, after)
    );
}

fn show(ends: &BTreeMap<String, usize>) {
    for (end, count) in ends {
        println!("  {count:>6} {end}");
    }
}

/// Those who are not in at the end, and how often each end came.
async fn all_at_once(crowd: &Crowd, guests: Vec<Guest>) -> (Vec<Guest>, BTreeMap<String, usize>) {
    let mut out = Vec::new();
    let mut ends = BTreeMap::new();
    for (guest, end) in crowd.log_in_all(guests).await {
        let end = match end {
            End::In(openid) if openid == crowd.openid(&guest) => "logged in".to_owned(),
            End::In(_) => "SWITCHED to somebody else".to_owned(),
            end => {
                out.push(guest);
                format!("{end:?}")
            }
        };
        *ends.entry(end).or_default() += 1;
    }
    (out, ends)
}

/// 100,000 callbacks that nobody asked for: most with somebody else's `state`, some with made-up
/// codes for one's own.
async fn hostile() {
    const FOREIGN: usize = 80_000;
    const GARBAGE: usize = 20_000;
    let scene = Scene::set().await;
    let crowd = scene.crowd(Side::Library);
    let page = scene.page(Side::Library);
    log_in_many(&crowd, 0, 500).await;
    scene.simulator.clear_calls();
    let before = scene.memory();
    let foreign = page.clone();
    visit_all(&crowd, &Guest::number(0), FOREIGN, move |number| {
        format!("{foreign}?code=foreign{number}&state=0u{number:0>32}")
    })
    .await;
    let after = scene.memory();
    println!(
        "  {FOREIGN} with a foreign state: {} exchanges, memory {} grown from {}",
        scene.simulator.count(Endpoint::AccessToken),
        grown(before, after),
        mib(before)
    );
    let mut guest = Guest::number(0);
    let (_, authorize, _) = crowd.get(&mut guest, &page).await.expect("an answer");
    let authorize = authorize.expect("a way to WeChat");
    let (_, state) = authorize.rsplit_once("state=").expect("a state");
    let state = state.trim_end_matches("#wechat_redirect").to_owned();
    visit_all(&crowd, &guest, GARBAGE, move |number| {
        format!("{page}?code=garbage{number}&state={state}")
    })
    .await;
    println!(
        "  {GARBAGE} with a made-up code: {} exchanges, memory {} grown; panics: {}",
        scene.simulator.count(Endpoint::AccessToken),
        grown(after, scene.memory()),
        scene.panics()
    );
}
