using System.Buffers;
using System.Text;

namespace Grpc.Core;

public sealed partial class Metadata
{
    /// <summary>
    /// One header or trailer. Its key is lower-case; a key that ends in <see cref="BinaryHeaderSuffix"/> has a binary
    /// value, any other a text. Immutable.
    /// </summary>
    public class Entry
    {
        private static readonly SearchValues<char> KeyCharacters =
            SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>A binary entry.</summary>
        /// <param name="key">The key, ending in <see cref="BinaryHeaderSuffix"/>; lower-cased.</param>
        /// <param name="valueBytes">The bytes; copied.</param>
        /// <exception cref="ArgumentException">The key is malformed, or lacks the suffix.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            Key = NormalizeKey(key);
            ArgumentNullException.ThrowIfNull(valueBytes);
            if (!IsBinary)
            {
                throw new ArgumentException(
                    $"The key \"{Key}\" of a binary entry needs to end in \"{BinaryHeaderSuffix}\".", nameof(key));
            }

            _bytes = (byte[])valueBytes.Clone();
        }

        /// <summary>A text entry.</summary>
        /// <param name="key">The key, not ending in <see cref="BinaryHeaderSuffix"/>; lower-cased.</param>
        /// <param name="value">The text, ASCII.</param>
        /// <exception cref="ArgumentException">The key is malformed, or has the suffix.</exception>
        public Entry(string key, string value)
        {
            Key = NormalizeKey(key);
            ArgumentNullException.ThrowIfNull(value);
            if (IsBinary)
            {
                throw new ArgumentException(
                    $"The key \"{Key}\" of a text entry must not end in \"{BinaryHeaderSuffix}\".", nameof(key));
            }

            _text = value;
        }

        /// <summary>The key, lower-case.</summary>
        public string Key { get; }

        /// <summary>The value as bytes: a copy of the binary value, or the text in ASCII.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : (byte[])_bytes.Clone();

        /// <summary>The value as text.</summary>
        /// <exception cref="InvalidOperationException">The entry is binary.</exception>
        public string Value =>
            _text ?? throw new InvalidOperationException($"The entry \"{Key}\" is binary and has no text.");

        /// <summary>Whether the value is binary, which the key alone tells.</summary>
        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <summary>Key and value in one line, for logs; of a binary value the length.</summary>
        /// <returns>The line.</returns>
        public override string ToString() =>
            _bytes is null ? $"[Entry: key={Key}, value={_text}]" : $"[Entry: key={Key}, {_bytes.Length} bytes]";

        internal bool HasKey(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

        private static string NormalizeKey(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            if (key.AsSpan().ContainsAnyExcept(KeyCharacters))
            {
                throw new ArgumentException(
                    $"The metadata key \"{key}\" is malformed: letters, digits, '_', '-' and '.' are allowed.",
                    nameof(key));
            }

#pragma warning disable CA1308 // HTTP/2 has lower-case header names only.
            return key.ToLowerInvariant();
#pragma warning restore CA1308
        }
    }
}
