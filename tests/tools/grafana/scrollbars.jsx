// In place of react-custom-scrollbars-2, whose default export does not survive the bundling: a picture does not scroll.
import { forwardRef } from 'react';

export const Scrollbars = forwardRef(({ children }, _) => <div style={{ height: '100%', overflow: 'hidden' }}>{children}</div>);

export default Scrollbars;
