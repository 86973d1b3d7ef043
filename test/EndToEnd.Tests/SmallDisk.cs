using Monitor.Agent.Tests.Kernel;

namespace EndToEnd.Tests;

/// <summary>A small disk that the test fills up.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("monitor-disk-");

    public SmallDisk(int kibibytes = 256) =>
        Command.Run("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k,mode=755", "monitor-test", _folder.FullName);

    public string Folder => _folder.FullName;

    private string Filling => Path.Combine(Folder, "filling");

    /// <summary>Leaves not one byte.</summary>
    public void Fill()
    {
        using var file = new FileStream(Filling, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        for (var size = 4096; size > 0; size /= 2)
        {
            try
            {
                while (true)
                {
                    file.Write(new byte[size]);
                }
            }
            catch (IOException)
            {
                // It is full, for pieces of this size.
            }
        }
    }

    /// <summary>Takes no change any more, as where the kernel has found it damaged.</summary>
    public void MakeReadOnly() => Command.Run("mount", "-o", "remount,ro", Folder);

    /// <summary>Makes room again.</summary>
    public void Free() => File.Delete(Filling);

    public void Dispose()
    {
        // Whoever writes there may still be about to end.
        Command.Run("umount", "--lazy", Folder);
        _folder.Delete();
    }
}
