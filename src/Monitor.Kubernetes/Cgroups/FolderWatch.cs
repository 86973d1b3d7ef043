using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Monitor.Kubernetes.Cgroups;

/// <summary>
/// Tells of folders that are made and removed in those that it is told to watch, by inotify. FileSystemWatcher watches either
/// one folder or all below it, however many somebody makes there, and watches are of root's share of the machine.
/// </summary>
internal sealed partial class FolderWatch : IDisposable
{
    // linux/inotify.h
    private const uint MovedFrom = 0x40;
    private const uint MovedTo = 0x80;
    private const uint Create = 0x100;
    private const uint Delete = 0x200;
    private const uint Overflow = 0x4000;
    private const uint Ignored = 0x8000;
    private const uint OnlyFolders = 0x0100_0000;
    private const uint IsFolder = 0x4000_0000;
    private const int CloseOnExec = 0x80000;
    private const int HeaderLength = 16;

    private const int NoSuchFile = 2;
    private const int Interrupted = 4;
    private const int NameTooLong = 36;

    private readonly Action<bool, string> _changed;
    private readonly Action _lost;
    private readonly int _descriptor;
    private readonly Thread _reader;

    // The folders by the number of their watch. It is the lock, too.
    private readonly Dictionary<int, string> _folders = [];
    private bool _isOver;

    /// <param name="changed">Called with whether it is new, and its path, on a thread of the watch.</param>
    /// <param name="lost">Called where something may have been missed, on that thread.</param>
    /// <exception cref="IOException">The machine has no more instances of inotify for this user.</exception>
    public FolderWatch(Action<bool, string> changed, Action lost)
    {
        _changed = changed;
        _lost = lost;
        _descriptor = inotify_init1(CloseOnExec);
        if (_descriptor < 0)
        {
            throw new IOException($"inotify: {Marshal.GetLastPInvokeErrorMessage()}");
        }

        _reader = new Thread(Run) { IsBackground = true, Name = "cgroups" };
        _reader.Start();
    }

    /// <summary>Folders that are watched.</summary>
    public int Count
    {
        get
        {
            lock (_folders)
            {
                return _folders.Count;
            }
        }
    }

    /// <summary>Watches a folder, again or anew; it ends with the folder.</summary>
    /// <returns>Why it cannot be watched; null where it is, or where it is gone.</returns>
    public string? Add(string folder)
    {
        // The thread that reads waits for the number of the watch to be known.
        lock (_folders)
        {
            if (_isOver)
            {
                return null;
            }

            var watch = inotify_add_watch(_descriptor, folder, Create | Delete | MovedFrom | MovedTo | OnlyFolders);
            if (watch >= 0)
            {
                _folders[watch] = folder.TrimEnd('/');
                return null;
            }

            return Marshal.GetLastPInvokeError() is NoSuchFile or NameTooLong
                ? null
                : $"inotify: {Marshal.GetLastPInvokeErrorMessage()} (fs.inotify.max_user_watches)";
        }
    }

    /// <summary>Watches no more.</summary>
    public void Dispose()
    {
        lock (_folders)
        {
            if (_isOver)
            {
                return;
            }

            _isOver = true;
            // Each says that it ended, which wakes the thread that reads; a watch of / does where there is none.
            foreach (var watch in _folders.Keys.Append(inotify_add_watch(_descriptor, "/", Create)))
            {
                _ = inotify_rm_watch(_descriptor, watch);
            }
        }

        _reader.Join();
        _ = close(_descriptor);
    }

    private void Run()
    {
        var buffer = new byte[64 << 10];
        while (true)
        {
            var length = (int)read(_descriptor, buffer, buffer.Length);
            var isInterrupted = length < 0 && Marshal.GetLastPInvokeError() == Interrupted;
            lock (_folders)
            {
                if (_isOver || (length <= 0 && !isInterrupted))
                {
                    return;
                }
            }

            var rest = buffer.AsSpan(0, Math.Max(0, length));
            while (rest.Length >= HeaderLength)
            {
                var end = HeaderLength + BinaryPrimitives.ReadInt32LittleEndian(rest[12..]);
                Tell(
                    BinaryPrimitives.ReadInt32LittleEndian(rest),
                    BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]),
                    rest[HeaderLength..end].TrimEnd((byte)0));
                rest = rest[end..];
            }
        }
    }

    private void Tell(int watch, uint what, ReadOnlySpan<byte> name)
    {
        string? folder;
        lock (_folders)
        {
            folder = _folders.GetValueOrDefault(watch);
            if ((what & Ignored) != 0)
            {
                _folders.Remove(watch);
            }
        }

        if ((what & (Overflow | MovedFrom | MovedTo)) != 0)
        {
            _lost();
        }
        else if (folder is not null && (what & IsFolder) != 0 && (what & (Create | Delete)) != 0)
        {
            _changed((what & Create) != 0, $"{folder}/{Encoding.UTF8.GetString(name)}");
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(int descriptor, string path, uint mask);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_rm_watch(int descriptor, int watch);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int descriptor, [Out] byte[] buffer, nint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);
}
