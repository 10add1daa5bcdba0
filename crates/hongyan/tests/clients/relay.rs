//! A way to the server that can be cut, and mended again.
//!
//! **Comes in:** connections. **Goes out:** their bytes, both ways, while the way is whole. **Never here:** what they mean.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

pub(crate) struct Relay {
    pub(crate) address: SocketAddr,
    is_cut: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Relay {
    pub(crate) async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (is_cut, watched) = watch::channel(false);
        let task = tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                let mut watched = watched.clone();
                if *watched.borrow() {
                    continue;
                }
                tokio::spawn(async move {
                    let Ok(mut there) = TcpStream::connect(server).await else {
                        return;
                    };
                    // Both ends are dropped with what was on its way.
                    tokio::select! {
                        _ = copy_bidirectional(&mut here, &mut there) => {}
                        _ = watched.wait_for(|it| *it) => {}
                    }
                });
            }
        });
        Self {
            address,
            is_cut,
            task,
        }
    }

    /// Breaks all connections; new ones are closed as they come.
    pub(crate) fn cut(&self) {
        self.is_cut.send_replace(true);
    }

    pub(crate) fn mend(&self) {
        self.is_cut.send_replace(false);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}
