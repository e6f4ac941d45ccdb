use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use super::{account::Account, book::Book, rules::Rules, scan::Scans};

/// An account, and all that happens at it. Nothing of it is another account's.
#[derive(Debug)]
pub(crate) struct Tenant {
    appid: String,
    account: RwLock<Arc<Account>>,
    /// As it was when it came.
    origin: Account,
    book: Mutex<Book>,
    scans: Mutex<Scans>,
    /// What holds here alone.
    pub(crate) rules: Rules,
}

impl Tenant {
    pub(crate) fn new(account: Account, remember: usize) -> Self {
        Self {
            appid: account.appid().to_owned(),
            account: RwLock::new(Arc::new(account.clone())),
            origin: account,
            book: Mutex::new(Book::new(remember)),
            scans: Mutex::new(Scans::new(remember)),
            rules: Rules::default(),
        }
    }

    /// The same account as it was when it came, and nothing that happened since.
    pub(crate) fn anew(&self, remember: usize) -> Self {
        Self::new(self.origin.clone(), remember)
    }

    pub(crate) fn appid(&self) -> &str {
        &self.appid
    }

    pub(crate) fn account(&self) -> Arc<Account> {
        self.account
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Other settings of the same account; what happened stays.
    pub(crate) fn set_account(&self, account: Account) {
        *self.account.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(account);
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn scans(&self) -> MutexGuard<'_, Scans> {
        self.scans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
