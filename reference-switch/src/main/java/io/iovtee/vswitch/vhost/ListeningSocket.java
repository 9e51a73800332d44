// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A socket that listens at a path, and whether its file is still there: who cleans up a directory,
 * or makes a container's volume anew, takes the file away and leaves a socket that nobody can find.
 * Then it is made again as soon as that is possible. Port thread.
 */
final class ListeningSocket implements AutoCloseable {
  /** Between two looks at the file: how long a front-end tries in vain at most. */
  static final long LOOK_NS = TimeUnit.SECONDS.toNanos(1);

  /** Connections that the kernel holds; those behind wait or fail at their own side. */
  private static final int BACKLOG = 16;

  private final String port;
  private final VhostUserPortOptions options;
  private final Path path;
  private UnixSocket socket;

  /** Which file is the socket's; the number is not used again while the socket is open. */
  private @Nullable Object fileKey;

  /** Someone else's in its place, to which nothing is done. */
  private @Nullable Object foreignKey;

  private long lookedNs;
  private String trouble = "";

  /**
   * Listens.
   *
   * @throws VhostUserException when the path is too long, is no socket, or is in use
   */
  ListeningSocket(String port, VhostUserPortOptions options, long nowNs) {
    this.port = port;
    this.options = options;
    path = options.socket();
    lookedNs = nowNs;
    socket = listen();
    fileKey = keyOfFile();
  }

  private UnixSocket listen() {
    try {
      UnixSocket listening = UnixSocket.listen(path, options.socketPermissions(), BACKLOG);
      listening.fd().setNonBlocking(true);
      return listening;
    } catch (ErrnoException e) {
      String what =
          switch (e.errno()) {
            case Errno.EADDRINUSE ->
                "socket path is in use by another process or is no socket; "
                    + "stop that process, or give the port another path";
            case Errno.ENOENT -> "the directory of the socket does not exist; create it";
            case Errno.EACCES, Errno.EPERM -> "no right to make the socket";
            default -> e.getMessage();
          };
      throw new VhostUserException("%s: path=%s, port=%s".formatted(what, path, port), e);
    } catch (IllegalArgumentException e) {
      throw new VhostUserException(e.getMessage() + ", port=" + port, e);
    }
  }

  private @Nullable Object keyOfFile() {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .fileKey();
    } catch (IOException e) {
      return null;
    }
  }

  /**
   * Looks whether the file is there, at most once in {@link #LOOK_NS}, and listens anew if not.
   *
   * @return news for the log; empty if there are none
   */
  String look(long nowNs) {
    if (nowNs - lookedNs < LOOK_NS) {
      return "";
    }
    lookedNs = nowNs;
    Object there = keyOfFile();
    if (there != null && there.equals(fileKey)) {
      return setTrouble(""); // renamed away and back, if there was any
    }
    if (there != null && there.equals(foreignKey)) {
      return "";
    }
    foreignKey = there;
    return listenAnew();
  }

  private String setTrouble(String now) {
    if (now.equals(trouble)) {
      return "";
    }
    trouble = now;
    return now.isEmpty()
        ? "its socket can be reached again: path=" + path
        : "its socket can not be reached any more: " + now;
  }

  private String listenAnew() {
    try {
      UnixSocket next = listen();
      socket.close();
      socket = next;
      fileKey = keyOfFile();
      String again = setTrouble("");
      return again.isEmpty() ? "its socket's file was gone, and is made again: " + path : again;
    } catch (VhostUserException e) {
      return setTrouble(String.valueOf(e.getMessage()));
    }
  }

  Fd fd() {
    return socket.fd();
  }

  /** The next connection, or null if there is none. */
  @Nullable UnixSocket accept() {
    return socket.accept();
  }

  /** Why nobody can connect; empty while everybody can who may. */
  String trouble() {
    return trouble;
  }

  /**
   * Stops listening and removes the file, if it is still the socket's.
   *
   * @throws IOException if it can not be removed
   */
  @Override
  public void close() throws IOException {
    try {
      if (fileKey != null && fileKey.equals(keyOfFile())) {
        Files.deleteIfExists(path);
      }
    } finally {
      socket.close(); // last: as long as it is open the file's number is ours
    }
  }
}
