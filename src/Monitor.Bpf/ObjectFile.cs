namespace Monitor.Bpf;

/// <summary>Reads an object file, with a limit.</summary>
internal static class ObjectFile
{
    /// <summary>Bytes; real objects have tens of kilobytes.</summary>
    internal const long MaximumBytes = 16 << 20;

    /// <exception cref="BpfException">It cannot be read, is empty, or exceeds the limit.</exception>
    internal static byte[] Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            if (stream.Length > MaximumBytes)
            {
                throw new BpfException(
                    "opening", path, Errno.EFBIG, $"the file has {stream.Length} bytes, the limit is {MaximumBytes}");
            }

            // Devices and pipes have length 0 and could be read for ever.
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new BpfException("opening", path, Errno.ENOENT, "there is no such file", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new BpfException("opening", path, Errno.EACCES, "the file is not readable for this user", e);
        }
        catch (Exception e) when (e is IOException or NotSupportedException)
        {
            throw new BpfException("opening", path, Errno.EINVAL, e.Message, e);
        }
    }
}
