using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Monitor.Bpf.Rings;

/// <summary>Watches which CPUs are online. For one thread.</summary>
internal sealed class OnlineCpus : IDisposable
{
    // The file is one page at most.
    private readonly byte[] _buffer = new byte[Environment.SystemPageSize];
    private readonly SafeFileHandle _file = File.OpenHandle(CpuList.OnlineFile);
    private byte[] _last = [];

    /// <summary>Whether the CPUs differ from those of the last call; true at the first one.</summary>
    /// <param name="online">Those that are online now, ascending; empty where nothing changed.</param>
    public bool TryGetChange(out int[] online)
    {
        var text = _buffer.AsSpan(0, RandomAccess.Read(_file, _buffer, fileOffset: 0));
        if (text.SequenceEqual(_last))
        {
            online = [];
            return false;
        }

        _last = text.ToArray();
        online = CpuList.Parse(Encoding.ASCII.GetString(text));
        return true;
    }

    /// <summary>Lets the next call say again that the CPUs changed.</summary>
    public void Forget() => _last = [];

    public void Dispose() => _file.Dispose();
}
