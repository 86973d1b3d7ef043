using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Monitor.Sandbox.Files;
using Monitor.Sandbox.Interop;

namespace Monitor.Sandbox.Images;

/// <summary>
/// A new image of this process from the same file with the same command line: execve(2). It has the same number, parent
/// and open files that are named, and one thread, which has the rights of the thread that started it. All other threads
/// end without notice.
/// </summary>
public sealed class FreshImage
{
    private readonly nuint _parentDeathSignal;

    /// <summary>To be made on the first thread of the process, whose signal for the death of its parent is kept.</summary>
    public unsafe FreshImage()
    {
        int signal = 0;
        _ = Libc.prctl(Libc.PR_GET_PDEATHSIG, (nuint)(&signal), 0, 0, 0);
        _parentDeathSignal = (nuint)signal;
    }

    /// <summary>The message that an earlier image left for this one.</summary>
    /// <param name="variable">The environment variable that names it, as in <see cref="Start"/>. It is removed.</param>
    /// <returns>Null where this is the first image.</returns>
    /// <exception cref="SandboxException">The variable is set, and there is no such message.</exception>
    public static byte[]? TakeMessage(string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is not { } text)
        {
            return null;
        }

        // Not for the processes that this one starts.
        Environment.SetEnvironmentVariable(variable, null);
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor)
            ? SealedMessage.Take(descriptor)
            : throw new SandboxException($"'{text}' is not the number of a descriptor");
    }

    /// <summary>Replaces this image. Returns only by throwing.</summary>
    /// <param name="message">What the new image gets.</param>
    /// <param name="variable">The environment variable by which it finds the message.</param>
    /// <param name="descriptors">Descriptors that stay open, by number.</param>
    /// <param name="files">What the new image may open. Where the kernel refuses that, it starts without: see
    /// <see cref="FileRestriction.IsInForce"/>. Null: everything.</param>
    /// <exception cref="SandboxException">The kernel refused.</exception>
    public unsafe void Start(SealedMessage message, string variable, IReadOnlyList<int> descriptors, FileRestriction? files)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(descriptors);
        // By its name and not as /proc/self/exe, after which the process would be called "exe".
        var path = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: false)?.FullName
            ?? throw new SandboxException("finding the own executable failed");
        RemoveDiagnostics();
        var arguments = Split(File.ReadAllBytes("/proc/self/cmdline"));
        string[] added =
        [
            string.Create(CultureInfo.InvariantCulture, $"{variable}={message.DescriptorNumber}"),
            // The runtime does not start where it cannot make the debugger's pipes, whatever the user wants.
            .. files is null ? [] : new[] { "DOTNET_EnableDiagnostics=0" },
        ];
        var kept = (IReadOnlyList<int>)[.. descriptors, message.DescriptorNumber];
        var error = 0;
        using var native = new NativeStrings();
        try
        {
            SetCloseOnExec(kept, false);
            // Of the first thread, and the new image's first is this one.
            _ = Libc.prctl(Libc.PR_SET_PDEATHSIG, _parentDeathSignal, 0, 0, 0);
            // The runtime ignores it; what is ignored stays so, for programs that the new image starts too.
            _ = Libc.signal(Libc.SIGPIPE, Libc.SIG_DFL);
            files?.TryBindThread();
            _ = Libc.execve(
                native.Add(Encoding.UTF8.GetBytes(path)),
                native.Array([.. arguments.Select(argument => (nint)native.Add(argument))]),
                native.Array([.. Inherited(added), .. added.Select(entry => (nint)native.Add(Encoding.UTF8.GetBytes(entry)))]));
            error = Marshal.GetLastPInvokeError();
        }
        finally
        {
            _ = Libc.signal(Libc.SIGPIPE, Libc.SIG_IGN);
            SetCloseOnExec(kept, true);
        }

        throw new SandboxException($"executing {path}", error);
    }

    // The runtime has a socket for diagnostics and two pipes for a debugger, with the number of the process in their names. It
    // removes them when the process ends, which this image does not live to see, and does not replace a socket that is there.
    private static void RemoveDiagnostics()
    {
        try
        {
            foreach (var pattern in new[] { $"dotnet-diagnostic-{Environment.ProcessId}-*-socket", $"clr-debug-pipe-{Environment.ProcessId}-*" })
            {
                foreach (var file in Directory.EnumerateFiles(Path.GetTempPath(), pattern))
                {
                    File.Delete(file);
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Then they stay, and nobody diagnoses the new image.
        }
    }

    // The environment without what is added, which somebody may have set.
    private static unsafe List<nint> Inherited(string[] added)
    {
        var prefixes = added.Select(entry => Encoding.UTF8.GetBytes(entry[..(entry.IndexOf('=', StringComparison.Ordinal) + 1)])).ToList();
        var inherited = new List<nint>();
        for (var entry = Libc.Environment; entry != null && *entry != null; entry++)
        {
            var isAdded = false;
            foreach (var prefix in prefixes)
            {
                isAdded |= MemoryMarshal.CreateReadOnlySpanFromNullTerminated(*entry).StartsWith(prefix);
            }

            if (!isAdded)
            {
                inherited.Add((nint)(*entry));
            }
        }

        return inherited;
    }

    private static List<byte[]> Split(byte[] commandLine)
    {
        var arguments = new List<byte[]>();
        var start = 0;
        for (var i = 0; i < commandLine.Length; i++)
        {
            if (commandLine[i] == 0)
            {
                arguments.Add(commandLine[start..i]);
                start = i + 1;
            }
        }

        return arguments;
    }

    private static void SetCloseOnExec(IReadOnlyList<int> descriptors, bool on)
    {
        foreach (var descriptor in descriptors)
        {
            if (Libc.fcntl(descriptor, Libc.F_SETFD, on ? Libc.FD_CLOEXEC : 0) < 0)
            {
                throw SandboxException.FromLastError($"keeping descriptor {descriptor} open");
            }
        }
    }

    // Strings as C has them, freed together.
    private sealed unsafe class NativeStrings : IDisposable
    {
        private readonly List<nint> _blocks = [];

        public byte* Add(ReadOnlySpan<byte> text)
        {
            var block = (byte*)Allocate((nuint)text.Length + 1);
            text.CopyTo(new Span<byte>(block, text.Length));
            block[text.Length] = 0;
            return block;
        }

        public byte** Array(ReadOnlySpan<nint> pointers)
        {
            var block = (nint*)Allocate((nuint)((pointers.Length + 1) * sizeof(nint)));
            pointers.CopyTo(new Span<nint>(block, pointers.Length));
            block[pointers.Length] = 0;
            return (byte**)block;
        }

        public void Dispose()
        {
            foreach (var block in _blocks)
            {
                NativeMemory.Free((void*)block);
            }
        }

        private void* Allocate(nuint bytes)
        {
            var block = NativeMemory.Alloc(bytes);
            _blocks.Add((nint)block);
            return block;
        }
    }
}
