using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Monitor.Bpf.Interop;

/// <summary>
/// Receives what libbpf would print. It calls back on the thread that called it, so a capture is a thread's own.
/// </summary>
internal static unsafe class LibbpfMessages
{
    // A verifier log may have 16 MiB (the kernel's limit); the part that explains the failure is its end.
    private const int MaximumMessageLength = 1 << 20;

    [ThreadStatic]
    private static List<BpfMessage>? _captured;

    /// <summary>Starts to keep this thread's messages; they end with <see cref="MessageCapture.Dispose"/>.</summary>
    internal static MessageCapture Capture()
    {
        var outer = _captured;
        _captured = [];
        return new MessageCapture(_captured, outer);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    internal static int Print(int level, byte* format, void* arguments)
    {
        // An exception must not travel through libbpf's frames.
        try
        {
            var text = Format(format, arguments);
            var message = new BpfMessage((BpfMessageLevel)level, text);
            if (message.Level != BpfMessageLevel.Debug)
            {
                _captured?.Add(message);
            }

            BpfLog.Publish(message);
            return text.Length;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return 0;
        }
    }

    private static string Format(byte* format, void* arguments)
    {
        // vsnprintf consumes a va_list, and the length is only known after the first call: work on copies. The type is
        // a one-element array of 24 bytes on x86-64 and a structure of 32 bytes passed by reference on arm64, so that
        // both arrive here, and go on to vsnprintf, as a pointer.
        var size = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 24u : 32u;
        var copy = stackalloc ulong[4];
        Unsafe.CopyBlock(copy, arguments, size);

        var small = stackalloc byte[1024];
        var length = Libc.vsnprintf(small, 1024, format, copy);
        if (length < 1024)
        {
            return Encoding.UTF8.GetString(small, Math.Max(length, 0));
        }

        var large = (byte*)NativeMemory.Alloc((nuint)length + 1);
        try
        {
            Unsafe.CopyBlock(copy, arguments, size);
            length = Math.Max(Libc.vsnprintf(large, (nuint)length + 1, format, copy), 0);
            var skipped = Math.Max(length - MaximumMessageLength, 0);
            return Encoding.UTF8.GetString(large + skipped, length - skipped);
        }
        finally
        {
            NativeMemory.Free(large);
        }
    }

    /// <summary>The messages of one operation on one thread.</summary>
    internal readonly ref struct MessageCapture(List<BpfMessage> messages, List<BpfMessage>? outer)
    {
        internal IReadOnlyList<BpfMessage> Messages => messages;

        public void Dispose() => _captured = outer;
    }
}
