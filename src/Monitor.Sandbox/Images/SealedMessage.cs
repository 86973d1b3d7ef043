using Microsoft.Win32.SafeHandles;
using Monitor.Sandbox.Interop;

namespace Monitor.Sandbox.Images;

/// <summary>Bytes in memory that an image of this process leaves for the next one, which nobody can change on the way.</summary>
public sealed class SealedMessage : IDisposable
{
    /// <summary>Most bytes of a message.</summary>
    public const int MaxBytes = 1 << 20;

    private readonly SafeFileHandle _memory;

    private SealedMessage(SafeFileHandle memory) => _memory = memory;

    /// <summary>Number of its descriptor. It stays owned by this.</summary>
    internal int DescriptorNumber => (int)_memory.DangerousGetHandle();

    /// <summary>Writes a message.</summary>
    /// <exception cref="SandboxException">The kernel refused, or it is too long.</exception>
    public static SealedMessage Write(ReadOnlySpan<byte> content)
    {
        if (content.Length > MaxBytes)
        {
            throw new SandboxException($"a message of {content.Length} bytes: at most {MaxBytes} are allowed");
        }

        var memory = Libc.memfd_create("message", Libc.MFD_CLOEXEC | Libc.MFD_ALLOW_SEALING);
        if (memory.IsInvalid)
        {
            throw SandboxException.FromLastError("making memory for a message");
        }

        var message = new SealedMessage(memory);
        RandomAccess.Write(memory, content, 0);
        if (Libc.fcntl(message.DescriptorNumber, Libc.F_ADD_SEALS, Libc.F_SEAL_ALL) < 0)
        {
            message.Dispose();
            throw SandboxException.FromLastError("sealing a message");
        }

        return message;
    }

    /// <summary>Reads a message and closes it.</summary>
    /// <param name="descriptor">Where an earlier image left it, as somebody says.</param>
    /// <exception cref="SandboxException">There is no such message.</exception>
    public static byte[] Take(int descriptor)
    {
        // Only memory that was made for it has seals.
        if (descriptor <= 2 || Libc.fcntl(descriptor, Libc.F_GET_SEALS, 0) is var seals && seals < 0)
        {
            throw new SandboxException($"descriptor {descriptor} is not a message of an earlier image");
        }

        if ((seals & Libc.F_SEAL_ALL) != Libc.F_SEAL_ALL)
        {
            throw new SandboxException($"the message in descriptor {descriptor} can still be changed");
        }

        using var memory = new SafeFileHandle(descriptor, ownsHandle: true);
        var length = RandomAccess.GetLength(memory);
        if (length > MaxBytes)
        {
            throw new SandboxException($"the message in descriptor {descriptor} has {length} bytes: at most {MaxBytes} are allowed");
        }

        var content = new byte[length];
        var read = 0;
        while (read < content.Length && RandomAccess.Read(memory, content.AsSpan(read), read) is > 0 and var count)
        {
            read += count;
        }

        return content[..read];
    }

    /// <summary>Closes it.</summary>
    public void Dispose() => _memory.Dispose();
}
