//! io_uring where a machine refuses it, as containers and a sysctl do: a limit. The runtimes that
//! need it fail there with an error like any other, or panic.

use std::os::fd::{FromRawFd, OwnedFd};
use std::{fs, io};

use crate::about::Failure;

/// The size of struct io_uring_params, in words of 64 bits.
const PARAMETERS: usize = 15;

/// Asks the kernel for a ring, and gives it back. An error that is no refusal is left to the
/// runtime, which asks for a larger ring and knows its own limits.
pub fn require_io_uring() -> Result<(), Failure> {
    let mut parameters = [0_u64; PARAMETERS];
    // SAFETY: `parameters` is what the kernel reads, and has room for what it writes.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, parameters.as_mut_ptr()) };
    if ring < 0 {
        let error = io::Error::last_os_error().raw_os_error().unwrap_or_default();
        return refusal(error, io_uring_disabled()).map_or(Ok(()), Err);
    }
    // SAFETY: the descriptor is new, and nobody else's.
    drop(unsafe { OwnedFd::from_raw_fd(ring as i32) });
    Ok(())
}

/// The sysctl, since Linux 6.6: 0 allowed, 1 for the privileged, 2 for nobody.
fn io_uring_disabled() -> u64 {
    let text = fs::read_to_string("/proc/sys/kernel/io_uring_disabled").unwrap_or_default();
    text.trim().parse().unwrap_or_default()
}

/// The limit that an error of io_uring_setup stands for. Names and values are those of skein's own
/// runtimes (runtimes/loop/ring.cpp).
fn refusal(error: i32, disabled: u64) -> Option<Failure> {
    let name = match error {
        libc::EPERM => "EPERM",
        libc::EACCES => "EACCES",
        libc::ENOSYS => "ENOSYS",
        _ => return None,
    };
    let error_text = format!("errno {error} {name}");
    let by_sysctl = disabled != 0 && error != libc::ENOSYS;
    let (limit, value, needed, message) = if by_sysctl {
        let limit = format!("kernel.io_uring_disabled (io_uring_setup: {error_text})");
        let message = format!("{limit} is {disabled}, needed 0");
        (limit, disabled, 0, message)
    } else {
        let limit = "io_uring: io_uring_setup".to_owned();
        let message = format!("{limit} is refused with {error_text}");
        (limit, 0, 1, message)
    };
    Some(Failure::Limit { limit, value: Some(value), needed: Some(needed), message })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit_of(error: i32, disabled: u64) -> (String, Option<u64>, Option<u64>, String) {
        match refusal(error, disabled) {
            Some(Failure::Limit { limit, value, needed, message }) => {
                (limit, value, needed, message)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_kernel_without_io_uring_or_a_filter_is_a_limit_of_that_system_call() {
        for (error, text) in [
            (libc::EPERM, "errno 1 EPERM"),
            (libc::EACCES, "errno 13 EACCES"),
            (libc::ENOSYS, "errno 38 ENOSYS"),
        ] {
            let (limit, value, needed, message) = limit_of(error, 0);
            let found = (limit.as_str(), value, needed);
            assert_eq!(found, ("io_uring: io_uring_setup", Some(0), Some(1)));
            assert!(message.contains(text), "{message}");
        }
    }

    #[test]
    fn the_sysctl_that_forbids_io_uring_is_a_limit_with_its_value() {
        let (limit, value, needed, message) = limit_of(libc::EPERM, 2);
        assert_eq!(limit, "kernel.io_uring_disabled (io_uring_setup: errno 1 EPERM)");
        assert_eq!((value, needed), (Some(2), Some(0)));
        assert!(message.contains("needed 0"), "{message}");
        assert_eq!(limit_of(libc::ENOSYS, 2).0, "io_uring: io_uring_setup");
    }

    #[test]
    fn an_error_that_is_no_refusal_is_left_to_the_runtime() {
        assert!(refusal(libc::ENOMEM, 2).is_none());
        assert!(refusal(libc::EMFILE, 0).is_none());
    }
}
