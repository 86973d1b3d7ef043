using System.IO.Compression;

namespace Grpc.Net.Compression;

/// <summary>A way to compress messages. Implementations are thread-safe.</summary>
public interface ICompressionProvider
{
    /// <summary>The name in <c>grpc-encoding</c> and <c>grpc-accept-encoding</c>.</summary>
    string EncodingName { get; }

    /// <summary>Compresses what is written.</summary>
    /// <param name="stream">Where the compressed bytes go; left open.</param>
    /// <param name="compressionLevel">The level, or <see langword="null"/> for the provider's own.</param>
    /// <returns>The stream to write to; disposing of it completes the compressed bytes.</returns>
    Stream CreateCompressionStream(Stream stream, CompressionLevel? compressionLevel);

    /// <summary>Decompresses what is read.</summary>
    /// <param name="stream">Where the compressed bytes come from.</param>
    /// <returns>The stream to read from.</returns>
    Stream CreateDecompressionStream(Stream stream);
}
