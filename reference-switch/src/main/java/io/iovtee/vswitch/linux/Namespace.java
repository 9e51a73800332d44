// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.linux;

import io.iovtee.vswitch.linux.FileAbi.Flags;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Network namespaces. Entering one changes the calling thread only: sockets, interface names and
 * BPF links that it makes afterwards belong to that namespace, and go on belonging to it in every
 * thread. Use a platform thread of its own and let it end.
 *
 * @see <a href="https://man7.org/linux/man-pages/man7/network_namespaces.7.html">
 *     network_namespaces(7)</a>
 */
public final class Namespace {
  private static final Path NAMED = Path.of("/run/netns");

  private Namespace() {}

  /**
   * Moves the calling thread into a network namespace.
   *
   * @param name as {@code ip netns} shows it, or an absolute path such as {@code /proc/123/ns/net}
   * @throws ErrnoException ENOENT when there is none, EPERM without CAP_SYS_ADMIN
   */
  public static void enter(String name) {
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException("a virtual thread cannot enter a namespace: netns=" + name);
    }
    Path file = file(name);
    if (!Files.exists(file)) {
      throw new ErrnoException(
          "open",
          Errno.ENOENT,
          "no network namespace has this name, see ip netns list: netns=%s, path=%s"
              .formatted(name, file));
    }
    try (Fd fd = Fd.open(file, false)) {
      enter(fd, name);
    }
  }

  private static void enter(Fd namespace, String name) {
    int result = ProcessCalls.setns(namespace.number(), Flags.CLONE_NEWNET);
    Native.check("setns", result, "netns=" + name + "; it needs CAP_SYS_ADMIN");
  }

  private static Path file(String name) {
    return name.startsWith("/") ? Path.of(name) : NAMED.resolve(name);
  }

  /**
   * Whether there is a namespace of this name.
   *
   * @param name as for {@link #enter}
   */
  public static boolean exists(String name) {
    return Files.exists(file(name));
  }

  /** The calling thread's namespace, which stays as long as this is open. */
  public static Fd current() {
    return Fd.open(Path.of("/proc/thread-self/ns/net"), false);
  }

  /**
   * Whether a name stands for a namespace still. One that was deleted stays without a name, with
   * all that is in it, as long as anybody has it open; its name may be that of another by then.
   *
   * @param name as for {@link #enter}
   */
  public static boolean isNamed(String name, Fd namespace) {
    try (Fd named = Fd.open(file(name), false)) {
      Stat one = Stat.of(named);
      Stat other = Stat.of(namespace);
      return one.inode() == other.inode() && one.device() == other.device();
    } catch (ErrnoException e) {
      return e.errno() != Errno.ENOENT; // anything else says nothing of the namespace
    }
  }

  /**
   * Runs something in a network namespace, on a platform thread of its own that ends with it.
   *
   * @param name as for {@link #enter}; null runs it right here
   * @return what it returned; what it threw is thrown here
   */
  public static <T> T call(@Nullable String name, Supplier<T> work) {
    if (name == null) {
      return work.get();
    }
    return onItsThread(
        name,
        () -> {
          enter(name);
          return work.get();
        });
  }

  /** As above, in a namespace that somebody has open, whatever its name is now. */
  static <T> T call(Fd namespace, String name, Supplier<T> work) {
    return onItsThread(
        name,
        () -> {
          enter(namespace, name);
          return work.get();
        });
  }

  /**
   * Makes a namespace that has no name and that nobody stays in, and runs something there, on a
   * thread of its own.
   *
   * @return keeps the namespace and what is in it until it is closed
   * @throws ErrnoException EPERM without CAP_SYS_ADMIN
   */
  public static Fd create(Runnable work) {
    return onItsThread(
        "without a name",
        () -> {
          int result = ProcessCalls.unshare(Flags.CLONE_NEWNET);
          Native.check("unshare", result, "a network namespace needs CAP_SYS_ADMIN");
          work.run();
          return current();
        });
  }

  private static <T> T onItsThread(String name, Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread thread = Thread.ofPlatform().name("iovtee-netns").daemon().start(task);
    try {
      thread.join();
      return task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted in network namespace " + name, e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("failed in network namespace " + name, e.getCause());
    }
  }
}
