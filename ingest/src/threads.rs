//! Runs the shards' tasks on a fixed number of threads.

use std::sync::Mutex;

use sealwatch_core::engine::Executor;

/// Threads of the operating system, started for each stage. One thread means none is started.
#[derive(Debug, Clone, Copy)]
pub struct Threads(usize);

impl Threads {
    /// This many threads, at least one.
    pub fn new(count: usize) -> Self {
        Self(count.max(1))
    }
}

impl Executor for Threads {
    fn run<T: Send>(&self, items: &mut [T], task: &(dyn Fn(&mut T) + Sync)) {
        if self.0 == 1 || items.len() < 2 {
            items.iter_mut().for_each(task);
            return;
        }
        // Whichever thread is free takes the next item: shards differ in size. What an item's task does is not touched by it.
        let queue = Mutex::new(items.iter_mut());
        std::thread::scope(|scope| {
            for _ in 0..self.0.min(64) {
                scope.spawn(|| {
                    loop {
                        let next = match queue.lock() {
                            Ok(mut queue) => queue.next(),
                            Err(poisoned) => poisoned.into_inner().next(),
                        };
                        match next {
                            Some(item) => task(item),
                            None => break,
                        }
                    }
                });
            }
        });
    }
}
