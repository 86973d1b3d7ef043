using System.Globalization;
using Monitor.Bpf.Interop;

namespace Monitor.Bpf;

/// <summary>Reads /proc/self/fdinfo, the only place where the kernel says how much memory a program or map has.</summary>
internal static class DescriptorInfo
{
    /// <summary>The memlock line in bytes; 0 where the file or the line is missing.</summary>
    internal static long MemoryBytes(FileDescriptorHandle descriptor)
    {
        using var borrowed = new BorrowedHandle(descriptor);
        try
        {
            return Parse(File.ReadLines($"/proc/self/fdinfo/{descriptor.Number}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    internal static long Parse(IEnumerable<string> lines)
    {
        const string Key = "memlock:";
        var line = lines.FirstOrDefault(l => l.StartsWith(Key, StringComparison.Ordinal));
        return line is not null
            && long.TryParse(line.AsSpan(Key.Length).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var bytes)
            ? bytes
            : 0;
    }
}
