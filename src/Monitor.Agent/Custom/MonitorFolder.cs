using Monitor.Agent.Loading;
using Monitor.Sandbox.Files;

namespace Monitor.Agent.Custom;

/// <summary>
/// The folder of the user's objects, looked at again and again. By the files' sizes, times and numbers: inotify would miss a
/// mounted ConfigMap, where Kubernetes replaces a link beside the files.
/// </summary>
/// <param name="path">The folder.</param>
/// <param name="key">What objects must be signed with; null: they need not be.</param>
/// <param name="time">The clock of the files' times.</param>
internal sealed class MonitorFolder(string path, MonitorKey? key, TimeProvider time)
{
    /// <summary>A file that changed less long ago may be written just now.</summary>
    public static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(1.5);

    private const int MaxFiles = 32;
    private const long MaxObjectBytes = 16 << 20, MaxSignatureBytes = 4096;

    private readonly string _path = System.IO.Path.GetFullPath(path);
    private Dictionary<string, FileState> _before = [];

    /// <summary>The folder, absolute.</summary>
    public string Path => _path;

    /// <summary>An object's file as it is now.</summary>
    /// <param name="Name">Its name without extension.</param>
    /// <param name="State">What tells whether it has changed.</param>
    public readonly record struct Found(string Name, FileState State);

    /// <summary>What tells whether a file, or its signature, is another than before.</summary>
    public readonly record struct FileState(long Length, DateTime Written, ulong Number, long SignatureLength, DateTime SignatureWritten);

    /// <summary>The objects that are there and are not being written.</summary>
    /// <exception cref="MonitorLoadException">The folder cannot be used now; it says why.</exception>
    public IReadOnlyList<Found> Look()
    {
        if (FolderTrust.ProblemOf(_path) is { } problem)
        {
            throw new MonitorLoadException(problem);
        }

        try
        {
            var files = Directory.EnumerateFiles(_path, "*" + CustomObject.Extension).Order(StringComparer.Ordinal).ToList();
            if (files.Count > MaxFiles)
            {
                throw new MonitorLoadException($"{_path} has {files.Count} objects, and {MaxFiles} are accepted");
            }

            var now = files.Select(file => (Name: NameOf(file), State: StateOf(file))).Where(file => file.State is not null)
                .ToDictionary(file => file.Name, file => file.State!.Value, StringComparer.Ordinal);
            var settled = now.Where(file => IsSettled(file.Key, file.Value)).Select(file => new Found(file.Key, file.Value)).ToList();
            _before = now;
            return settled;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new MonitorLoadException($"{_path} cannot be read: {failure.Message}", failure);
        }
    }

    /// <summary>Whether a file of that name is there, written to or not. As <see cref="Look"/> saw it last.</summary>
    public bool Has(string name) => _before.ContainsKey(name);

    /// <summary>Reads an object and checks whether it may be loaded.</summary>
    /// <exception cref="MonitorLoadException">It may not, or cannot be read.</exception>
    public CustomObject Read(string name)
    {
        var file = System.IO.Path.Combine(_path, name + CustomObject.Extension);
        var content = ReadFile(file, MaxObjectBytes, mustBeTrusted: true);
        if (key is not null)
        {
            var signature = file + key.Extension;
            if (!File.Exists(signature))
            {
                throw new MonitorLoadException($"{AgentSettings.MonitorsKey.OptionName} asks for its signature, and there is no {signature}");
            }

            key.Check(content, System.Text.Encoding.UTF8.GetString(ReadFile(signature, MaxSignatureBytes, mustBeTrusted: false)));
        }

        return CustomObject.Read(name, content);
    }

    // Of a clock that was set, or a file system with times of its own, a second look tells.
    private bool IsSettled(string name, FileState state) =>
        (time.GetUtcNow().UtcDateTime - Later(state.Written, state.SignatureWritten)).Duration() > SettleTime
        || (_before.TryGetValue(name, out var before) && before == state);

    private static DateTime Later(DateTime one, DateTime other) => one > other ? one : other;

    // Null where there is nothing, as behind a link that leads nowhere.
    private FileState? StateOf(string file)
    {
        try
        {
            return ReadState(file);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A link in circles, for one: reading it says what is wrong, and the others are none the worse.
            return new FileState(-1, default, 0, 0, default);
        }
    }

    private FileState? ReadState(string file)
    {
        // Through links: a mounted ConfigMap has nothing else.
        var info = new FileInfo(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file);
        var signature = key is null ? null : new FileInfo(file + key.Extension);
        return info.Exists
            ? new FileState(
                info.Length, info.LastWriteTimeUtc, Bpf.Kernel.Inode.Of(info.FullName) ?? 0,
                signature is { Exists: true } ? signature.Length : 0, signature is { Exists: true } ? signature.LastWriteTimeUtc : default)
            : null;
    }

    private static byte[] ReadFile(string file, long most, bool mustBeTrusted)
    {
        try
        {
            // Opening a pipe waits for whoever writes to it.
            if (FileOwner.Of(file) is not { IsRegularFile: true })
            {
                throw new MonitorLoadException($"{file} is no regular file");
            }

            // What is checked is what is read: the path may lead elsewhere a moment later.
            using var handle = File.OpenHandle(file);
            if (mustBeTrusted)
            {
                FolderTrust.Check(handle, file);
            }

            var length = RandomAccess.GetLength(handle);
            if (length > most)
            {
                throw new MonitorLoadException($"{file} has {length} bytes, and {most} are accepted");
            }

            var content = new byte[length];
            var read = 0;
            for (int count; read < content.Length && (count = RandomAccess.Read(handle, content.AsSpan(read), read)) > 0;)
            {
                read += count;
            }

            return content[..read];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new MonitorLoadException($"{file} cannot be read: {failure.Message}", failure);
        }
    }

    private static string NameOf(string file) => System.IO.Path.GetFileName(file)[..^CustomObject.Extension.Length];
}
